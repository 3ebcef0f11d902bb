{{- /* What the pods of all workloads share. Context of each define: root, component and values (of the
workload). */ -}}

{{- /* Fields of the pod: identity, pull secrets, security and scheduling. The context holds uid too, and may hold a
serviceAccountName. */ -}}
{{- define "historia-clinica.pod" -}}
serviceAccountName: {{ .serviceAccountName | default (include "historia-clinica.serviceAccountName" .root) }}
{{- with .root.Values.global.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "historia-clinica.podSecurityContext" . | nindent 2 }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- $own := dict "labelSelector" (dict "matchLabels" (include "historia-clinica.selectorLabels" $ | fromYaml)) }}
  - {{- ternary . (merge $own .) (hasKey . "labelSelector") | toYaml | nindent 4 }}
  {{- end }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- /* Security context of the pod: restricted, with the values merged over it. The group of a volume is set only when its
root differs: PostgreSQL refuses a TLS key that the group may read. */ -}}
{{- define "historia-clinica.podSecurityContext" -}}
{{- $restricted := dict "runAsNonRoot" true "runAsUser" .uid "runAsGroup" .uid "fsGroup" .uid
  "fsGroupChangePolicy" "OnRootMismatch" "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- mergeOverwrite $restricted (deepCopy .values.podSecurityContext) | toYaml -}}
{{- end -}}

{{- /* Security context of a container: restricted, with the values merged over it. */ -}}
{{- define "historia-clinica.securityContext" -}}
{{- $restricted := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true
  "capabilities" (dict "drop" (list "ALL")) -}}
{{- mergeOverwrite $restricted (deepCopy .values.securityContext) | toYaml -}}
{{- end -}}

{{- /* The user's environment variables of a container. */ -}}
{{- define "historia-clinica.extraEnv" -}}
{{- range $name, $value := .values.extraEnv }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{- /* The user's volumes of a pod. */ -}}
{{- define "historia-clinica.extraVolumes" -}}
{{- with .values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Where its container mounts them. */ -}}
{{- define "historia-clinica.extraVolumeMounts" -}}
{{- with .values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
