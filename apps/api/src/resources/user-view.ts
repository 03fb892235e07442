import type { User } from "@thedata/models";
import { Type } from "typebox";
import * as s from "./schemas.ts";

/** A user in answers, without the password hash. */
export const UserView = s.Exactly({
  id: s.Id,
  email: Type.String(),
  fullName: Type.String(),
  isActive: Type.Boolean(),
  emailVerifiedAt: s.Nullable(s.Timestamp),
  lastLoginAt: s.Nullable(s.Timestamp),
  createdAt: s.Timestamp,
  updatedAt: s.Timestamp,
});

/** Turns a row into a `UserView`. */
export function toUserView(row: User): s.ValueOf<typeof UserView> {
  const { id, email, fullName, isActive } = row;
  const [emailVerifiedAt, lastLoginAt] = [row.emailVerifiedAt, row.lastLoginAt].map((at) => at?.toISOString() ?? null);
  const [createdAt, updatedAt] = [row.createdAt.toISOString(), row.updatedAt.toISOString()];
  return {
    id,
    email,
    fullName,
    isActive,
    emailVerifiedAt: emailVerifiedAt ?? null,
    lastLoginAt: lastLoginAt ?? null,
    createdAt,
    updatedAt,
  };
}
