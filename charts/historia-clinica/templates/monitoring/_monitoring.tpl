{{- /* What Prometheus collects, and mistakes about it as in ../_validate.tpl. Each define takes the root context. */ -}}

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

{{- /* Numbers that nobody tells, or that nobody may read. */ -}}
{{- define "historia-clinica.validate.monitoring" -}}
{{- $told := and .Values.middleware.enabled .Values.middleware.metrics.enabled -}}
{{- range list "serviceMonitor" "prometheusRule" "dashboard" -}}
{{- if and (get $.Values.monitoring .).enabled (not $told) }}
monitoring.{{ . }}.enabled: nadie da las métricas. Ponga middleware.enabled=true y middleware.metrics.enabled=true, o monitoring.{{ . }}.enabled=false.
{{- end -}}
{{- end -}}
{{- with .Values.networkPolicy -}}
{{- if and $.Values.monitoring.serviceMonitor.enabled .enabled (not .monitoring) (not .extra.middleware.ingress) }}
networkPolicy.monitoring: está vacío, y la política no deja pasar a quien recoge las métricas. Añada su Prometheus, por ejemplo {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}.
{{- end -}}
{{- end -}}
{{- end -}}
