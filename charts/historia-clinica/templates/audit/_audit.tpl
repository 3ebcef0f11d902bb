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

{{- /* Environment: where key and file are. */ -}}
{{- define "historia-clinica.audit.env" -}}
{{- if .audit.existingSecret }}
- name: HISTORIA_AUDIT_KEY
  value: /etc/historia-audit/key.pem
{{- end }}
{{- if include "historia-clinica.audit.claim" .root }}
- name: HISTORIA_AUDIT_SEALS
  value: /sellos/{{ .root.Values.audit.seals.persistence.file }}
{{- end }}
{{- end -}}

{{- /* Mounts of both; who verifies writes nothing. */ -}}
{{- define "historia-clinica.audit.volumeMounts" -}}
{{- if .audit.existingSecret }}
- name: audit-key
  mountPath: /etc/historia-audit
  readOnly: true
{{- end }}
{{- if include "historia-clinica.audit.claim" .root }}
- name: audit-seals
  mountPath: /sellos
  readOnly: {{ ne .command "seal-audit" }}
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
{{- with include "historia-clinica.audit.claim" .root }}
- name: audit-seals
  persistentVolumeClaim:
    claimName: {{ . }}
{{- end }}
{{- end -}}
