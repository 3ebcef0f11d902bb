{{- /* What Prometheus collects. Each define takes the root context. */ -}}

{{- /* Service of the metrics, as the subchart names it: the label `job` of all that is scraped there. */ -}}
{{- define "historia-clinica.monitoring.job" -}}
{{- .Values.middleware.fullnameOverride | default (printf "%s-middleware" (include "historia-clinica.fullname" .)) }}-metrics
{{- end -}}

{{- /* Matchers of this release in a query. */ -}}
{{- define "historia-clinica.monitoring.selector" -}}
namespace="{{ .Release.Namespace }}",job="{{ include "historia-clinica.monitoring.job" . }}"
{{- end -}}

{{- /* Groups of files/alerts.yaml, about this release, with the addresses of the runbooks. */ -}}
{{- define "historia-clinica.monitoring.alerts" -}}
{{- $file := .Files.Get "files/alerts.yaml" | replace "SELECTOR" (include "historia-clinica.monitoring.selector" .) | fromYaml -}}
{{- with .Values.monitoring.prometheusRule.runbookUrl -}}
{{- $base := trimSuffix "/" . -}}
{{- range $group := $file.groups -}}
{{- range $group.rules -}}
{{- $_ := set .annotations "runbook_url" (printf "%s/%s" $base (base .annotations.runbook)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $file | toYaml -}}
{{- end -}}
