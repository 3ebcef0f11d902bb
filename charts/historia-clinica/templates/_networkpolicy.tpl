{{- /* Who may talk to whom. */ -}}

{{- /* Peer: the pods of some components of this release. Context: root and components (a list). */ -}}
{{- define "historia-clinica.networkPolicy.peer" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: historia-clinica
      app.kubernetes.io/instance: {{ .root.Release.Name }}
    matchExpressions:
      - {key: app.kubernetes.io/component, operator: In, values: [{{ join ", " .components }}]}
{{- end -}}

{{- /* Components that run historia-hooks. */ -}}
{{- define "historia-clinica.networkPolicy.hooks" -}}
[sync, drain, certificates, seal-audit, verify-audit, test]
{{- end -}}

{{- /* Egress rule: PostgreSQL of all nodes. Takes the root context. */ -}}
{{- define "historia-clinica.networkPolicy.toNodes" -}}
- to: {{- include "historia-clinica.networkPolicy.peer" (dict "root" . "components" (list "coordinator" "worker")) | nindent 4 }}
  ports: [{port: 5432}]
{{- end -}}

{{- /* Labels of the API's pods, which belong to the subchart. Takes the root context. */ -}}
{{- define "historia-clinica.networkPolicy.api" -}}
app.kubernetes.io/name: middleware
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: middleware
{{- end -}}

{{- /* Spec for the pods of a node: nodes talk to each other, the API and the Jobs to all of them. Context: root, component,
clients (more peers) and extra (rules of the user). */ -}}
{{- define "historia-clinica.networkPolicy.node" -}}
{{- $own := concat (list "coordinator" "worker") (include "historia-clinica.networkPolicy.hooks" . | fromYamlArray) -}}
podSelector:
  matchLabels: {{- include "historia-clinica.selectorLabels" . | nindent 4 }}
policyTypes: [Ingress, Egress]
ingress:
  - from:
      {{- include "historia-clinica.networkPolicy.peer" (dict "root" .root "components" $own) | nindent 6 }}
      {{- if .root.Values.middleware.enabled }}
      - podSelector:
          matchLabels: {{- include "historia-clinica.networkPolicy.api" .root | nindent 12 }}
      {{- end }}
      {{- with .clients }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    ports: [{port: 5432}]
  {{- with .extra.ingress }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
egress:
  {{- include "historia-clinica.networkPolicy.toNodes" .root | nindent 2 }}
  {{- with .extra.egress }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
