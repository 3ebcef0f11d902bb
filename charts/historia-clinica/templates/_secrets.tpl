{{- /* Passwords and the key that signs. */ -}}

{{- /* Name of the Secret with both. Context: root. */ -}}
{{- define "historia-clinica.auth.secretName" -}}
{{- .Values.auth.existingSecret | default (printf "%s-auth" (include "historia-clinica.fullname" .)) -}}
{{- end -}}

{{- /* The base64 of one that is generated: what the cluster already holds, or a new one. The only place where anything
random is made. Context: root and key. */ -}}
{{- define "historia-clinica.auth.password" -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace (include "historia-clinica.auth.secretName" .root) -}}
{{- get ($secret.data | default dict) .key | default (randAlphaNum 32 | b64enc) -}}
{{- end -}}

{{- /* Not empty where `sync` makes the first administrator. Context: root. */ -}}
{{- define "historia-clinica.auth.administrator" -}}
{{- if and .Values.middleware.enabled (eq .Values.middleware.auth "required") -}}
{{- .Values.auth.administrator.documento -}}
{{- end -}}
{{- end -}}

{{- /* An environment variable from the Secret. Context: root, name, key and optional (whether the key may be missing). */ -}}
{{- define "historia-clinica.auth.env" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ include "historia-clinica.auth.secretName" .root }}
      key: {{ .key }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end -}}
