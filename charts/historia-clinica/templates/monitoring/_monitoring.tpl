{{- /* What Prometheus collects. Each define takes the root context. */ -}}

{{- /* Service of the metrics, as the subchart names it: the label `job` of all that is scraped there. */ -}}
{{- define "historia-clinica.monitoring.job" -}}
{{- .Values.middleware.fullnameOverride | default (printf "%s-middleware" (include "historia-clinica.fullname" .)) }}-metrics
{{- end -}}

{{- /* Matchers of this release in a query. */ -}}
{{- define "historia-clinica.monitoring.selector" -}}
namespace="{{ .Release.Namespace }}",job="{{ include "historia-clinica.monitoring.job" . }}"
{{- end -}}

{{- /* Groups of files/alerts-audit.yaml about the CronJobs that run; a part that is suspended is late on purpose. */ -}}
{{- define "historia-clinica.monitoring.auditAlerts" -}}
{{- $groups := list -}}
{{- range $part, $command := dict "seals" "seal-audit" "verify" "verify-audit" -}}
{{- $audit := get $.Values.audit $part -}}
{{- if and $audit.enabled (not $audit.suspend) -}}
{{- $name := include "historia-clinica.audit.name" (dict "root" $ "command" $command) -}}
{{- $file := $.Files.Get "files/alerts-audit.yaml" | replace "NAMESPACE" $.Release.Namespace | replace "CRONJOB" $name
  | replace "AFTER" ($audit.alertAfter | int | toString) | fromYaml -}}
{{- range $file.groups -}}
{{- if eq .name (printf "historia-clinica-%s" $part) -}}
{{- $groups = append $groups . -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- dict "groups" $groups | toYaml -}}
{{- end -}}

{{- /* Groups of alerts about this release, with the addresses of the runbooks. */ -}}
{{- define "historia-clinica.monitoring.alerts" -}}
{{- $file := .Files.Get "files/alerts.yaml" | replace "SELECTOR" (include "historia-clinica.monitoring.selector" .) | fromYaml -}}
{{- $_ := set $file "groups" (concat $file.groups (include "historia-clinica.monitoring.auditAlerts" . | fromYaml).groups) -}}
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
