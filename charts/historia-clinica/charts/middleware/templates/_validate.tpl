{{- /* Mistakes about what publishes and scales the API, for "middleware.mistakes". Each define takes its context, Values and
prefix (of the keys), and returns nothing, or one line per mistake. */ -}}

{{- /* An Ingress of nothing publishes nothing, or with some controllers everything. */ -}}
{{- define "middleware.validate.ingress" -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
{{ .prefix }}ingress.hosts: está vacío y {{ .prefix }}ingress.enabled es true. Ponga el nombre por el que entran sus usuarios, por ejemplo [{host: historia.example.org}].
{{- end -}}
{{- end -}}

{{- /* An autoscaler that Kubernetes would refuse, or that would wait for ever for a measure. */ -}}
{{- define "middleware.validate.autoscaling" -}}
{{- $prefix := .prefix -}}
{{- $requests := .Values.resources.requests | default dict -}}
{{- with .Values.autoscaling -}}
{{- $cpu := int .targetCPUUtilizationPercentage -}}
{{- $memory := int .targetMemoryUtilizationPercentage -}}
{{- if .enabled -}}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
{{ $prefix }}autoscaling.minReplicas: es {{ int .minReplicas }}, más que {{ $prefix }}autoscaling.maxReplicas, que es {{ int .maxReplicas }}. Baje el mínimo o suba el máximo.
{{- end -}}
{{- if not (or $cpu $memory) }}
{{ $prefix }}autoscaling.targetCPUUtilizationPercentage: es 0, y targetMemoryUtilizationPercentage también: no hay qué medir. Ponga uno de los dos, por ejemplo 80.
{{- end -}}
{{- if and $cpu (not (get $requests "cpu")) }}
{{ $prefix }}resources.requests.cpu: falta, y {{ $prefix }}autoscaling mide el procesador en partes de lo pedido. Ponga {{ $prefix }}resources.requests.cpu, o {{ $prefix }}autoscaling.targetCPUUtilizationPercentage=0.
{{- end -}}
{{- if and $memory (not (get $requests "memory")) }}
{{ $prefix }}resources.requests.memory: falta, y {{ $prefix }}autoscaling mide la memoria en partes de lo pedido. Ponga {{ $prefix }}resources.requests.memory, o {{ $prefix }}autoscaling.targetMemoryUtilizationPercentage=0.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Half a provider: the API would not start, or a CA would be used for nothing. */ -}}
{{- define "middleware.validate.oidc" -}}
{{- $prefix := .prefix -}}
{{- with .Values.oidc -}}
{{- if and .issuer (not .clientId) }}
{{ $prefix }}oidc.clientId: está vacío, y {{ $prefix }}oidc.issuer nombra un proveedor. Ponga el cliente que se creó allí para esta API.
{{- end -}}
{{- if and (or .clientId .caConfigMap) (not .issuer) }}
{{ $prefix }}oidc.issuer: está vacío, y sin él {{ $prefix }}oidc no se usaría. Ponga la dirección del proveedor, por ejemplo https://id.example.org/realms/hospital, o deje vacío todo {{ $prefix }}oidc.
{{- end -}}
{{- end -}}
{{- end -}}
