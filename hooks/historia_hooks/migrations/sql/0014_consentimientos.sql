-- What a patient allows and denies, to whom and what for. A denial that is in force takes effect in the API (access/consent.py); that a
-- consent was revoked is final, on every shard. Parts of the patient by their foreign keys (historia_hooks/schema.py), so they go with the
-- patient to another number and in a merge (0005, 0007).

CREATE TABLE public.consentimientos (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    tipo text NOT NULL
        CONSTRAINT consentimientos_tipo_valido
        CHECK (tipo IN ('tratamiento_datos', 'compartir_terceros', 'interoperabilidad', 'investigacion', 'contacto')),
    decision text NOT NULL CONSTRAINT consentimientos_decision_valida CHECK (decision IN ('permite', 'niega')),
    categorias text[] NOT NULL
        CONSTRAINT consentimientos_categorias_validas
        CHECK (categorias <@ ARRAY['consultas', 'diagnosticos', 'alergias', 'antecedentes', 'signos_vitales', 'prescripciones', 'ordenes',
                                   'resultados', 'notas', 'documentos']),
    destinatarios text[] NOT NULL
        CONSTRAINT consentimientos_destinatarios_validos
        CHECK (cardinality(destinatarios) <= 20 AND array_position(destinatarios, NULL) IS NULL
               AND array_to_string(destinatarios, '') ~ '^[0-9A-Za-z_-]*$'),
    propositos text[] NOT NULL
        CONSTRAINT consentimientos_propositos_validos
        CHECK (propositos <@ ARRAY['TRATAMIENTO', 'EMERGENCIA', 'SOLICITUD_PACIENTE', 'CALIDAD', 'AUDITORIA', 'PAGO', 'SALUD_PUBLICA',
                                   'INVESTIGACION', 'LEGAL']),
    desde timestamptz NOT NULL DEFAULT now(),
    hasta timestamptz,
    calidad text NOT NULL CONSTRAINT consentimientos_calidad_valida CHECK (calidad IN ('titular', 'representante')),
    otorgado_por text
        CONSTRAINT consentimientos_otorgado_por_valido CHECK (length(otorgado_por) <= 200 AND otorgado_por ~ '\S'),
    evidencia_sha256 text CONSTRAINT consentimientos_evidencia_valida CHECK (evidencia_sha256 ~ '^[0-9a-f]{64}$'),
    estado text NOT NULL DEFAULT 'activo'
        CONSTRAINT consentimientos_estado_valido CHECK (estado IN ('activo', 'revocado', 'anulado')),
    revocado_en timestamptz,
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT consentimientos_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT consentimientos_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT consentimientos_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT consentimientos_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL)),
    CONSTRAINT consentimientos_hasta_valido CHECK (desde <= hasta),
    CONSTRAINT consentimientos_representante_con_nombre CHECK ((otorgado_por IS NULL) = (calidad = 'titular')),
    CONSTRAINT consentimientos_revocado_con_momento CHECK ((revocado_en IS NULL) = (estado <> 'revocado'))
);

CREATE TABLE public.consentimientos_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    tipo text NOT NULL,
    decision text NOT NULL,
    categorias text[] NOT NULL,
    destinatarios text[] NOT NULL,
    propositos text[] NOT NULL,
    desde timestamptz NOT NULL,
    hasta timestamptz,
    calidad text NOT NULL,
    otorgado_por text,
    evidencia_sha256 text,
    estado text NOT NULL,
    revocado_en timestamptz,
    fecha_registro timestamptz NOT NULL,
    cambiado_por text,
    motivo text,
    peticion text,
    clave uuid,
    huella bytea,
    vigente_desde timestamptz NOT NULL,
    vigente_hasta timestamptz NOT NULL,
    PRIMARY KEY (paciente_id, id, version),
    CONSTRAINT consentimientos_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

COMMENT ON TABLE public.consentimientos IS 'Lo que un paciente permite y niega, a quién y para qué, junto a él en su nodo; el que se revocó ya no cambia';
COMMENT ON COLUMN public.consentimientos.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.consentimientos.id IS 'Identificador del consentimiento';
COMMENT ON COLUMN public.consentimientos.tipo IS 'tratamiento_datos, compartir_terceros, interoperabilidad, investigacion o contacto';
COMMENT ON COLUMN public.consentimientos.decision IS 'permite o niega';
COMMENT ON COLUMN public.consentimientos.categorias IS 'Las clases de registro de que trata; vacío, todas';
COMMENT ON COLUMN public.consentimientos.destinatarios IS 'A quiénes: documentos de usuarios o roles; vacío, a todos';
COMMENT ON COLUMN public.consentimientos.propositos IS 'Para qué, con las palabras de X-Proposito; vacío, para todo';
COMMENT ON COLUMN public.consentimientos.desde IS 'Momento desde el que vale';
COMMENT ON COLUMN public.consentimientos.hasta IS 'Momento desde el que ya no vale; nulo si no tiene término';
COMMENT ON COLUMN public.consentimientos.calidad IS 'Quién lo otorgó: titular o representante';
COMMENT ON COLUMN public.consentimientos.otorgado_por IS 'Nombre del representante que lo otorgó; nulo si fue el titular';
COMMENT ON COLUMN public.consentimientos.evidencia_sha256 IS 'SHA-256 del documento en que consta, en hexadecimal';
COMMENT ON COLUMN public.consentimientos.estado IS 'activo, revocado o anulado (se registró por error); una fila nunca se borra';
COMMENT ON COLUMN public.consentimientos.revocado_en IS 'Momento en que se revocó; nulo mientras no';
COMMENT ON COLUMN public.consentimientos.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.consentimientos.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.consentimientos.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.consentimientos.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.consentimientos.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.consentimientos.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.consentimientos.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.consentimientos.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.consentimientos_historial IS 'Versiones anteriores de cada consentimiento, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.consentimientos_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.consentimientos_historial.id IS 'Identificador del consentimiento';
COMMENT ON COLUMN public.consentimientos_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.consentimientos_historial.tipo IS 'tratamiento_datos, compartir_terceros, interoperabilidad, investigacion o contacto';
COMMENT ON COLUMN public.consentimientos_historial.decision IS 'permite o niega';
COMMENT ON COLUMN public.consentimientos_historial.categorias IS 'Las clases de registro de que trataba; vacío, todas';
COMMENT ON COLUMN public.consentimientos_historial.destinatarios IS 'A quiénes: documentos de usuarios o roles; vacío, a todos';
COMMENT ON COLUMN public.consentimientos_historial.propositos IS 'Para qué, con las palabras de X-Proposito; vacío, para todo';
COMMENT ON COLUMN public.consentimientos_historial.desde IS 'Momento desde el que valía';
COMMENT ON COLUMN public.consentimientos_historial.hasta IS 'Momento desde el que ya no valía; nulo si no tenía término';
COMMENT ON COLUMN public.consentimientos_historial.calidad IS 'Quién lo otorgó: titular o representante';
COMMENT ON COLUMN public.consentimientos_historial.otorgado_por IS 'Nombre del representante que lo otorgó; nulo si fue el titular';
COMMENT ON COLUMN public.consentimientos_historial.evidencia_sha256 IS 'SHA-256 del documento en que consta, en hexadecimal';
COMMENT ON COLUMN public.consentimientos_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.consentimientos_historial.revocado_en IS 'Momento en que se revocó; nulo en las versiones de antes';
COMMENT ON COLUMN public.consentimientos_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.consentimientos_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.consentimientos_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.consentimientos_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.consentimientos_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.consentimientos_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.consentimientos_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.consentimientos_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

COMMENT ON COLUMN public.permisos.accion IS 'crear, leer, buscar, corregir, anular, firmar, descargar, fusionar, renumerar, verificar, revisar o revocar';
