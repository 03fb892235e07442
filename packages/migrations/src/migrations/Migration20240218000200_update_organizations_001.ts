import { Migration } from "@mikro-orm/migrations";

/**
 * Organizations get a status, a subscription tier, settings and metadata, and rules for slug and name.
 *
 * A slug that breaks the rule is rewritten: in lower case, other characters become hyphens, and a number is appended
 * where the result is taken. A blank name becomes the slug. `metadata` keeps the old values under `before_rules`, and
 * `down` restores them where the new ones were not changed since. `down` loses status, tier, settings and metadata.
 */
export class Migration20240218000200_update_organizations_001 extends Migration {
  override name = "Migration20240218000200_update_organizations_001";

  override async up(): Promise<void> {
    this.addSql(`alter table organizations
  add column status text not null default 'active',
  add column subscription_tier text not null default 'free',
  add column settings jsonb not null default '{}',
  add column metadata jsonb not null default '{}'`);
    this.rewriteSlugs();
    this.addSql(`update organizations
   set metadata = metadata || jsonb_build_object('before_rules',
         coalesce(metadata -> 'before_rules', '{}') || jsonb_build_object('name', name, 'renamed', slug)),
       name = slug
 where name !~ '\\S'`);
    this.addSql(`alter table organizations
  add constraint ck_organizations_status check (status in ('active', 'suspended', 'deactivated')),
  add constraint ck_organizations_subscription_tier check (subscription_tier in ('free', 'starter', 'professional', 'enterprise')),
  add constraint ck_organizations_slug check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  add constraint ck_organizations_name check (name ~ '\\S'),
  add constraint ck_organizations_settings check (jsonb_typeof(settings) = 'object'),
  add constraint ck_organizations_metadata check (jsonb_typeof(metadata) = 'object')`);
    this.addSql(`create index idx_organizations_status on organizations (status)`);
    this.addSql(`create index idx_organizations_subscription_tier on organizations (subscription_tier)`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table organizations
  drop constraint ck_organizations_slug,
  drop constraint ck_organizations_name`);
    // Programs can write anything into metadata: restore only values that were possible before this migration.
    this.addSql(`update organizations
   set slug = kept.slug
  from (select id, metadata -> 'before_rules' ->> 'slug' as slug,
               row_number() over (partition by metadata -> 'before_rules' ->> 'slug' order by created_at, id) as nth
          from organizations
         where slug = metadata -> 'before_rules' ->> 'rewritten'
           and metadata -> 'before_rules' ->> 'slug' !~ '^[a-z0-9]+(-[a-z0-9]+)*$'
           and length(metadata -> 'before_rules' ->> 'slug') <= 255) as kept
 where kept.id = organizations.id and kept.nth = 1`);
    this.addSql(`update organizations
   set name = metadata -> 'before_rules' ->> 'name'
 where name = metadata -> 'before_rules' ->> 'renamed'
   and metadata -> 'before_rules' ->> 'name' !~ '\\S'
   and length(metadata -> 'before_rules' ->> 'name') <= 255`);
    this.addSql(`alter table organizations
  drop column status,
  drop column subscription_tier,
  drop column settings,
  drop column metadata`);
  }

  /** Oldest first, so that equal rows always get equal slugs. */
  private rewriteSlugs(): void {
    this.addSql(`do $$
declare
  broken record;
  base text;
  candidate text;
  number int;
begin
  for broken in
    select id, slug from organizations where slug !~ '^[a-z0-9]+(-[a-z0-9]+)*$' order by created_at, id
  loop
    base := coalesce(nullif(btrim(left(btrim(regexp_replace(lower(broken.slug), '[^a-z0-9]+', '-', 'g'), '-'), 240), '-'), ''), 'organization');
    candidate := base;
    number := 1;
    while exists (select from organizations where slug = candidate) loop
      number := number + 1;
      candidate := base || '-' || number;
    end loop;
    update organizations
       set slug = candidate,
           metadata = jsonb_build_object('before_rules', jsonb_build_object('slug', broken.slug, 'rewritten', candidate))
     where id = broken.id;
  end loop;
end $$`);
  }
}
