{{- /* Labels. */ -}}

{{- /* Labels that select the pods of a component; they never change. Context: root and component. */ -}}
{{- define "historia-clinica.selectorLabels" -}}
app.kubernetes.io/name: historia-clinica
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* Labels of every object. Context: root and component. */ -}}
{{- define "historia-clinica.labels" -}}
{{ include "historia-clinica.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: historia-clinica
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Labels of a pod: no version of anything, so that an upgrade restarts only what changed. The user's labels cannot
replace those that select. Context: root, component and values (of the workload). */ -}}
{{- define "historia-clinica.podLabels" -}}
{{- merge (include "historia-clinica.selectorLabels" . | fromYaml) .values.podLabels | toYaml -}}
{{- end -}}
