{{- /* Names. Each define takes the root context ($) unless it says otherwise. */ -}}

{{- /* Base of all names: short enough for the longest suffix and for the revision label of a StatefulSet. The values of the
subchart repeat this expression (middleware.database.host). */ -}}
{{- define "historia-clinica.fullname" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- /* StatefulSet and client Service of the coordinator. */ -}}
{{- define "historia-clinica.coordinator.name" -}}
{{- .Values.coordinator.fullnameOverride | default (printf "%s-coordinator" (include "historia-clinica.fullname" .)) -}}
{{- end -}}

{{- /* StatefulSet of the workers. */ -}}
{{- define "historia-clinica.worker.name" -}}
{{- .Values.workers.fullnameOverride | default (printf "%s-worker" (include "historia-clinica.fullname" .)) -}}
{{- end -}}

{{- /* ConfigMap that all database pods mount. */ -}}
{{- define "historia-clinica.postgresql.configName" -}}
{{- printf "%s-postgresql" (include "historia-clinica.fullname" .) -}}
{{- end -}}

{{- /* ServiceAccount of databases and hooks. */ -}}
{{- define "historia-clinica.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "historia-clinica.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- /* Domain of the pods of a StatefulSet. Context: root and name (of the StatefulSet). */ -}}
{{- define "historia-clinica.nodeDomain" -}}
{{- printf "%s-nodes.%s.svc.%s" .name .root.Release.Namespace .root.Values.clusterDomain -}}
{{- end -}}

{{- /* Node name of the coordinator, as Citus knows it. */ -}}
{{- define "historia-clinica.coordinator.node" -}}
{{- $name := include "historia-clinica.coordinator.name" . -}}
{{- printf "%s-0.%s" $name (include "historia-clinica.nodeDomain" (dict "root" . "name" $name)) -}}
{{- end -}}

{{- /* Node name of one worker. Context: root and ordinal. */ -}}
{{- define "historia-clinica.worker.node" -}}
{{- $name := include "historia-clinica.worker.name" .root -}}
{{- printf "%s-%d.%s" $name .ordinal (include "historia-clinica.nodeDomain" (dict "root" .root "name" $name)) -}}
{{- end -}}

{{- /* Node names of the wanted workers, separated by commas. */ -}}
{{- define "historia-clinica.worker.nodes" -}}
{{- $nodes := list -}}
{{- range $ordinal := until (int .Values.workers.count) -}}
{{- $nodes = append $nodes (include "historia-clinica.worker.node" (dict "root" $ "ordinal" $ordinal)) -}}
{{- end -}}
{{- join "," $nodes -}}
{{- end -}}

{{- /* Service of the API, as the subchart names it. */ -}}
{{- define "historia-clinica.middleware.serviceName" -}}
{{- $name := .Values.middleware.fullnameOverride -}}
{{- $name = $name | default (printf "%s-middleware" (include "historia-clinica.fullname" .)) -}}
{{- .Values.middleware.service.name | default $name -}}
{{- end -}}

{{- /* Addresses at which an Ingress answers, one a line. */ -}}
{{- define "historia-clinica.middleware.urls" -}}
{{- $encrypted := list -}}
{{- range .Values.middleware.ingress.tls -}}
{{- $encrypted = concat $encrypted .hosts -}}
{{- end -}}
{{- range .Values.middleware.ingress.hosts }}
{{ has .host $encrypted | ternary "https" "http" }}://{{ .host }}{{ (.paths | default (list dict) | first).path | default "/" }}
{{- end -}}
{{- end -}}
