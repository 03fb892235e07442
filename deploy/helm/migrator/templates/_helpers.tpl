{{- define "migrator.image" -}}
{{- $image := required "image.repository is not set: the image of the project's migrations" .repository -}}
{{- if .digest -}}{{ $image }}@{{ .digest }}{{- else -}}{{ $image }}:{{ required "image.tag or image.digest is not set" .tag }}{{- end -}}
{{- end -}}

{{/* Jobs are immutable: another image is another job, and the same image the same. */}}
{{- define "migrator.jobName" -}}
{{- $tag := .Values.image.tag | default "" | sha256sum -}}
{{- printf "%s-migrate-%s" (.Release.Name | trunc 40) (.Values.image.digest | trimPrefix "sha256:" | default $tag | trunc 12) -}}
{{- end -}}

{{- define "migrator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}{{ default (printf "%s-migrate" .Release.Name) .Values.serviceAccount.name }}
{{- else -}}{{ default "default" .Values.serviceAccount.name }}{{- end -}}
{{- end -}}

{{- define "migrator.labels" -}}
app.kubernetes.io/name: migrator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "migrator.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "migrator.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Where a connection string comes from. */}}
{{- define "migrator.dsn" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ required (printf "%s is not set: the secret with the connection string" .what) .secret.secretName }}
      key: {{ .secret.secretKey }}
{{- end -}}

{{/* For the pods of any program: waits until the schema is at this image's head. Nothing is changed by it. */}}
{{- define "migrator.waitContainer" -}}
name: wait
image: {{ include "migrator.image" .Values.image }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [wait, --timeout, "3600"]
env:
  {{- include "migrator.dsn" (dict "variable" "POSTGRES_DSN" "what" "app.database.secretName" "secret" .Values.app.database) | nindent 2 }}
securityContext:
  {{- include "migrator.containerSecurity" . | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- end -}}

{{/* Where pods run, and with which secrets their images are pulled. */}}
{{- define "migrator.placement" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
