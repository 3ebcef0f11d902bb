{{- /* Mistakes about monitoring; as in ../_validate.tpl. */ -}}

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
