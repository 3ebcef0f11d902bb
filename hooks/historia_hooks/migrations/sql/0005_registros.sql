-- Records of a patient, each kind a table beside the patient and a table of its former rows, as those of 0002; bare: foreign keys and
-- privileges are declared in historia_hooks/schema.py.
--
-- The lists of a kind of which a patient has many are sorted by an index; of the others the primary key finds the few there are.
-- Codes are checked for their form alone: a vocabulary is loaded, or not, by each installation.

CREATE TABLE public.diagnosticos (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    codigo text NOT NULL CONSTRAINT diagnosticos_codigo_valido CHECK (codigo ~ '^[A-Z][0-9]{2}[0-9X]?$'),
    descripcion text NOT NULL
        CONSTRAINT diagnosticos_descripcion_valida CHECK (length(descripcion) <= 500 AND descripcion ~ '\S'),
    rol text NOT NULL CONSTRAINT diagnosticos_rol_valido CHECK (rol IN ('principal', 'relacionado', 'complicacion')),
    tipo text NOT NULL
        CONSTRAINT diagnosticos_tipo_valido CHECK (tipo IN ('impresion', 'confirmado_nuevo', 'confirmado_repetido')),
    inicio date,
    resuelto date,
    consulta_id uuid,
    medico_id bigint,
    estado text NOT NULL DEFAULT 'activo'
        CONSTRAINT diagnosticos_estado_valido CHECK (estado IN ('activo', 'resuelto', 'anulado')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT diagnosticos_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT diagnosticos_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT diagnosticos_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT diagnosticos_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL)),
    CONSTRAINT diagnosticos_resuelto_valido CHECK (inicio <= resuelto)
);

CREATE TABLE public.diagnosticos_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    codigo text NOT NULL,
    descripcion text NOT NULL,
    rol text NOT NULL,
    tipo text NOT NULL,
    inicio date,
    resuelto date,
    consulta_id uuid,
    medico_id bigint,
    estado text NOT NULL,
    fecha_registro timestamptz NOT NULL,
    cambiado_por text,
    motivo text,
    peticion text,
    clave uuid,
    huella bytea,
    vigente_desde timestamptz NOT NULL,
    vigente_hasta timestamptz NOT NULL,
    PRIMARY KEY (paciente_id, id, version),
    CONSTRAINT diagnosticos_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

COMMENT ON TABLE public.diagnosticos IS 'Diagnósticos de un paciente, junto a él en su nodo';
COMMENT ON COLUMN public.diagnosticos.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.diagnosticos.id IS 'Identificador del diagnóstico';
COMMENT ON COLUMN public.diagnosticos.codigo IS 'Código CIE-10, sin punto, como en los RIPS';
COMMENT ON COLUMN public.diagnosticos.descripcion IS 'Diagnóstico en palabras';
COMMENT ON COLUMN public.diagnosticos.rol IS 'principal, relacionado o complicacion';
COMMENT ON COLUMN public.diagnosticos.tipo IS 'impresion, confirmado_nuevo o confirmado_repetido';
COMMENT ON COLUMN public.diagnosticos.inicio IS 'Día en que empezó';
COMMENT ON COLUMN public.diagnosticos.resuelto IS 'Día en que se resolvió';
COMMENT ON COLUMN public.diagnosticos.consulta_id IS 'Consulta en la que se registró, si hubo una';
COMMENT ON COLUMN public.diagnosticos.medico_id IS 'Médico que diagnosticó';
COMMENT ON COLUMN public.diagnosticos.estado IS 'activo, resuelto o anulado; una fila nunca se borra';
COMMENT ON COLUMN public.diagnosticos.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.diagnosticos.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.diagnosticos.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.diagnosticos.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.diagnosticos.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.diagnosticos.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.diagnosticos.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.diagnosticos.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.diagnosticos_historial IS 'Versiones anteriores de cada diagnóstico, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.diagnosticos_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.diagnosticos_historial.id IS 'Identificador del diagnóstico';
COMMENT ON COLUMN public.diagnosticos_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.diagnosticos_historial.codigo IS 'Código CIE-10, sin punto, como en los RIPS';
COMMENT ON COLUMN public.diagnosticos_historial.descripcion IS 'Diagnóstico en palabras';
COMMENT ON COLUMN public.diagnosticos_historial.rol IS 'principal, relacionado o complicacion';
COMMENT ON COLUMN public.diagnosticos_historial.tipo IS 'impresion, confirmado_nuevo o confirmado_repetido';
COMMENT ON COLUMN public.diagnosticos_historial.inicio IS 'Día en que empezó';
COMMENT ON COLUMN public.diagnosticos_historial.resuelto IS 'Día en que se resolvió';
COMMENT ON COLUMN public.diagnosticos_historial.consulta_id IS 'Consulta en la que se registró, si hubo una';
COMMENT ON COLUMN public.diagnosticos_historial.medico_id IS 'Médico que diagnosticó';
COMMENT ON COLUMN public.diagnosticos_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.diagnosticos_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.diagnosticos_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.diagnosticos_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.diagnosticos_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.diagnosticos_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.diagnosticos_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.diagnosticos_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.diagnosticos_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

CREATE TABLE public.alergias (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    afirmacion text NOT NULL
        CONSTRAINT alergias_afirmacion_valida CHECK (afirmacion IN ('alergia', 'sin_alergias_conocidas', 'sin_informacion')),
    tipo text
        CONSTRAINT alergias_tipo_valido CHECK (tipo IN ('medicamento', 'alimento', 'ambiental', 'biologico', 'otro')),
    sustancia text CONSTRAINT alergias_sustancia_valida CHECK (length(sustancia) <= 200 AND sustancia ~ '\S'),
    criticidad text CONSTRAINT alergias_criticidad_valida CHECK (criticidad IN ('baja', 'alta', 'desconocida')),
    reaccion text CONSTRAINT alergias_reaccion_valida CHECK (length(reaccion) <= 1000 AND reaccion ~ '\S'),
    verificacion text
        CONSTRAINT alergias_verificacion_valida CHECK (verificacion IN ('sin_confirmar', 'confirmada', 'refutada')),
    estado text NOT NULL DEFAULT 'activa'
        CONSTRAINT alergias_estado_valido CHECK (estado IN ('activa', 'inactiva', 'anulada')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT alergias_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT alergias_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT alergias_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT alergias_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL)),
    CONSTRAINT alergias_sustancia_si_alergia CHECK ((afirmacion = 'alergia') = (sustancia IS NOT NULL))
);

CREATE TABLE public.alergias_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    afirmacion text NOT NULL,
    tipo text,
    sustancia text,
    criticidad text,
    reaccion text,
    verificacion text,
    estado text NOT NULL,
    fecha_registro timestamptz NOT NULL,
    cambiado_por text,
    motivo text,
    peticion text,
    clave uuid,
    huella bytea,
    vigente_desde timestamptz NOT NULL,
    vigente_hasta timestamptz NOT NULL,
    PRIMARY KEY (paciente_id, id, version),
    CONSTRAINT alergias_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

COMMENT ON TABLE public.alergias IS 'Alergias de un paciente, o la afirmación de que no se le conocen; junto a él en su nodo';
COMMENT ON COLUMN public.alergias.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.alergias.id IS 'Identificador de la alergia';
COMMENT ON COLUMN public.alergias.afirmacion IS 'alergia, sin_alergias_conocidas o sin_informacion';
COMMENT ON COLUMN public.alergias.tipo IS 'medicamento, alimento, ambiental, biologico u otro';
COMMENT ON COLUMN public.alergias.sustancia IS 'A qué; presente solo si se afirma una alergia';
COMMENT ON COLUMN public.alergias.criticidad IS 'baja, alta o desconocida';
COMMENT ON COLUMN public.alergias.reaccion IS 'Cómo reaccionó';
COMMENT ON COLUMN public.alergias.verificacion IS 'sin_confirmar, confirmada o refutada';
COMMENT ON COLUMN public.alergias.estado IS 'activa, inactiva o anulada; una fila nunca se borra';
COMMENT ON COLUMN public.alergias.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.alergias.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.alergias.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.alergias.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.alergias.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.alergias.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.alergias.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.alergias.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.alergias_historial IS 'Versiones anteriores de cada alergia, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.alergias_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.alergias_historial.id IS 'Identificador de la alergia';
COMMENT ON COLUMN public.alergias_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.alergias_historial.afirmacion IS 'alergia, sin_alergias_conocidas o sin_informacion';
COMMENT ON COLUMN public.alergias_historial.tipo IS 'medicamento, alimento, ambiental, biologico u otro';
COMMENT ON COLUMN public.alergias_historial.sustancia IS 'A qué; presente solo si se afirma una alergia';
COMMENT ON COLUMN public.alergias_historial.criticidad IS 'baja, alta o desconocida';
COMMENT ON COLUMN public.alergias_historial.reaccion IS 'Cómo reaccionó';
COMMENT ON COLUMN public.alergias_historial.verificacion IS 'sin_confirmar, confirmada o refutada';
COMMENT ON COLUMN public.alergias_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.alergias_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.alergias_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.alergias_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.alergias_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.alergias_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.alergias_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.alergias_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.alergias_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';
