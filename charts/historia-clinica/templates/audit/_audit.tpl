{{- /* The CronJobs that seal and verify the audit. Context of each define, unless it says otherwise: that of the hooks' pods,
with audit (the values of the CronJob). */ -}}

{{- /* Name of a CronJob, which has at most 52 characters. */ -}}
{{- define "historia-clinica.audit.name" -}}
{{- printf "%s-%s" (.root.Release.Name | trunc 39 | trimSuffix "-") .command -}}
{{- end -}}

{{- /* Its spec. Two at once would only wait for each other. */ -}}
{{- define "historia-clinica.audit.cronJobSpec" -}}
schedule: {{ .audit.schedule | quote }}
{{- with .audit.timeZone }}
timeZone: {{ . }}
{{- end }}
suspend: {{ .audit.suspend }}
concurrencyPolicy: Forbid
startingDeadlineSeconds: 3600
successfulJobsHistoryLimit: 3
failedJobsHistoryLimit: 3
jobTemplate:
  metadata:
    labels: {{- include "historia-clinica.labels" . | nindent 6 }}
  spec: {{- include "historia-clinica.hooks.jobSpec" (set . "deadline" .audit.deadline) | nindent 4 }}
{{- end -}}

{{- /* Claim of the volume with the file of seals; empty: there is none. Takes the root context. */ -}}
{{- define "historia-clinica.audit.claim" -}}
{{- with .Values.audit.seals.persistence -}}
{{- if .enabled -}}
{{- .existingClaim | default (printf "%s-audit-seals" (include "historia-clinica.fullname" $)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Name of the file whose seals who verifies takes from the bucket; empty: there is none, and they are on the volume. */ -}}
{{- define "historia-clinica.audit.stored" -}}
{{- if and (eq .command "verify-audit") .root.Values.audit.seals.bucket.name -}}
{{- .root.Values.audit.seals.persistence.file -}}
{{- end -}}
{{- end -}}

{{- /* Claim that this command mounts; empty: none. */ -}}
{{- define "historia-clinica.audit.mounted" -}}
{{- if not (include "historia-clinica.audit.stored" .) -}}
{{- include "historia-clinica.audit.claim" .root -}}
{{- end -}}
{{- end -}}

{{- /* Where the bucket is, and who may use it. */ -}}
{{- define "historia-clinica.audit.bucketEnv" -}}
{{- with .root.Values.audit.seals.bucket -}}
{{- if .name }}
- name: HISTORIA_AUDIT_BUCKET
  value: {{ .name | quote }}
{{- range $name, $value := dict "ENDPOINT" .endpoint "PREFIX" .prefix "REGION" .region }}
{{- if $value }}
- name: HISTORIA_AUDIT_BUCKET_{{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- if .caConfigMap }}
- name: HISTORIA_AUDIT_BUCKET_CA
  value: /etc/historia-bucket/ca.crt
{{- end }}
{{- if .existingSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ .existingSecret }}, key: {{ .accessKeyIdKey }}}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ .existingSecret }}, key: {{ .secretAccessKeyKey }}}}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Environment: where key, file and bucket are. */ -}}
{{- define "historia-clinica.audit.env" -}}
{{- if .audit.existingSecret }}
- name: HISTORIA_AUDIT_KEY
  value: /etc/historia-audit/key.pem
{{- end }}
{{- if include "historia-clinica.audit.mounted" . }}
- name: HISTORIA_AUDIT_SEALS
  value: /sellos/{{ .root.Values.audit.seals.persistence.file }}
{{- end }}
{{- with include "historia-clinica.audit.stored" . }}
- name: HISTORIA_AUDIT_STORED
  value: {{ . | quote }}
{{- end }}
{{- include "historia-clinica.audit.bucketEnv" . }}
{{- end -}}

{{- /* Mounts of all that; who verifies writes nothing. */ -}}
{{- define "historia-clinica.audit.volumeMounts" -}}
{{- if .audit.existingSecret }}
- name: audit-key
  mountPath: /etc/historia-audit
  readOnly: true
{{- end }}
{{- if include "historia-clinica.audit.mounted" . }}
- name: audit-seals
  mountPath: /sellos
  readOnly: {{ ne .command "seal-audit" }}
{{- end }}
{{- if .root.Values.audit.seals.bucket.caConfigMap }}
- name: bucket-ca
  mountPath: /etc/historia-bucket
  readOnly: true
{{- end }}
{{- end -}}

{{- /* Their volumes. Of the Secret one key alone: where it holds both, who verifies does not get the private one. */ -}}
{{- define "historia-clinica.audit.volumes" -}}
{{- if .audit.existingSecret }}
- name: audit-key
  secret:
    secretName: {{ .audit.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ .audit.secretKey }}, path: key.pem}
{{- end }}
{{- with include "historia-clinica.audit.mounted" . }}
- name: audit-seals
  persistentVolumeClaim:
    claimName: {{ . }}
{{- end }}
{{- with .root.Values.audit.seals.bucket }}
{{- if .caConfigMap }}
- name: bucket-ca
  configMap:
    name: {{ .caConfigMap }}
    items:
      - {key: {{ .caKey }}, path: ca.crt}
{{- end }}
{{- end }}
{{- end -}}
