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

CREATE TABLE public.antecedentes (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    tipo text NOT NULL
        CONSTRAINT antecedentes_tipo_valido CHECK (tipo IN ('personal', 'familiar', 'quirurgico', 'farmacologico', 'gineco_obstetrico', 'riesgo')),
    texto text NOT NULL CONSTRAINT antecedentes_texto_valido CHECK (length(texto) <= 2000 AND texto ~ '\S'),
    codigo text CONSTRAINT antecedentes_codigo_valido CHECK (codigo ~ '^[A-Z][0-9]{2}[0-9X]?$'),
    parentesco text CONSTRAINT antecedentes_parentesco_valido CHECK (length(parentesco) <= 50 AND parentesco ~ '\S'),
    estado text NOT NULL DEFAULT 'activo'
        CONSTRAINT antecedentes_estado_valido CHECK (estado IN ('activo', 'anulado')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT antecedentes_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT antecedentes_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT antecedentes_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT antecedentes_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL)),
    CONSTRAINT antecedentes_parentesco_si_familiar CHECK ((tipo = 'familiar') = (parentesco IS NOT NULL))
);

CREATE TABLE public.antecedentes_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    tipo text NOT NULL,
    texto text NOT NULL,
    codigo text,
    parentesco text,
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
    CONSTRAINT antecedentes_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

COMMENT ON TABLE public.antecedentes IS 'Antecedentes de un paciente, junto a él en su nodo';
COMMENT ON COLUMN public.antecedentes.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.antecedentes.id IS 'Identificador del antecedente';
COMMENT ON COLUMN public.antecedentes.tipo IS 'personal, familiar, quirurgico, farmacologico, gineco_obstetrico o riesgo';
COMMENT ON COLUMN public.antecedentes.texto IS 'El antecedente en palabras';
COMMENT ON COLUMN public.antecedentes.codigo IS 'Código CIE-10, sin punto, si lo tiene';
COMMENT ON COLUMN public.antecedentes.parentesco IS 'De qué familiar; presente solo si el antecedente es familiar';
COMMENT ON COLUMN public.antecedentes.estado IS 'activo o anulado; una fila nunca se borra';
COMMENT ON COLUMN public.antecedentes.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.antecedentes.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.antecedentes.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.antecedentes.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.antecedentes.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.antecedentes.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.antecedentes.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.antecedentes.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.antecedentes_historial IS 'Versiones anteriores de cada antecedente, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.antecedentes_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.antecedentes_historial.id IS 'Identificador del antecedente';
COMMENT ON COLUMN public.antecedentes_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.antecedentes_historial.tipo IS 'personal, familiar, quirurgico, farmacologico, gineco_obstetrico o riesgo';
COMMENT ON COLUMN public.antecedentes_historial.texto IS 'El antecedente en palabras';
COMMENT ON COLUMN public.antecedentes_historial.codigo IS 'Código CIE-10, sin punto, si lo tiene';
COMMENT ON COLUMN public.antecedentes_historial.parentesco IS 'De qué familiar; presente solo si el antecedente es familiar';
COMMENT ON COLUMN public.antecedentes_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.antecedentes_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.antecedentes_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.antecedentes_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.antecedentes_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.antecedentes_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.antecedentes_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.antecedentes_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.antecedentes_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

CREATE TABLE public.signos_vitales (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    tomado_en timestamptz NOT NULL DEFAULT now(),
    loinc text NOT NULL CONSTRAINT signos_vitales_loinc_valido CHECK (loinc ~ '^[0-9]{1,7}-[0-9]$'),
    valor numeric NOT NULL CONSTRAINT signos_vitales_valor_valido CHECK (abs(valor) < 1e9 AND scale(valor) <= 6),
    unidad text NOT NULL CONSTRAINT signos_vitales_unidad_valida CHECK (unidad ~ '^[!-~]{1,40}$'),
    metodo text CONSTRAINT signos_vitales_metodo_valido CHECK (length(metodo) <= 200 AND metodo ~ '\S'),
    estado text NOT NULL DEFAULT 'registrado'
        CONSTRAINT signos_vitales_estado_valido CHECK (estado IN ('registrado', 'anulado')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT signos_vitales_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT signos_vitales_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT signos_vitales_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT signos_vitales_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL))
);

CREATE TABLE public.signos_vitales_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    tomado_en timestamptz NOT NULL,
    loinc text NOT NULL,
    valor numeric NOT NULL,
    unidad text NOT NULL,
    metodo text,
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
    CONSTRAINT signos_vitales_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

CREATE INDEX signos_vitales_paciente_fecha ON public.signos_vitales (paciente_id, tomado_en DESC, id DESC);

COMMENT ON TABLE public.signos_vitales IS 'Mediciones de un paciente, una fila por valor, junto a él en su nodo';
COMMENT ON COLUMN public.signos_vitales.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.signos_vitales.id IS 'Identificador del signo vital';
COMMENT ON COLUMN public.signos_vitales.tomado_en IS 'Momento de la medición';
COMMENT ON COLUMN public.signos_vitales.loinc IS 'Qué se midió: código LOINC';
COMMENT ON COLUMN public.signos_vitales.valor IS 'Valor medido; menos de mil millones y hasta seis decimales, para que viaje exacto';
COMMENT ON COLUMN public.signos_vitales.unidad IS 'Unidad, en UCUM';
COMMENT ON COLUMN public.signos_vitales.metodo IS 'Cómo o con qué se midió';
COMMENT ON COLUMN public.signos_vitales.estado IS 'registrado o anulado; una fila nunca se borra';
COMMENT ON COLUMN public.signos_vitales.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.signos_vitales.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.signos_vitales.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.signos_vitales.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.signos_vitales.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.signos_vitales.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.signos_vitales.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.signos_vitales.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.signos_vitales_historial IS 'Versiones anteriores de cada signo vital, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.signos_vitales_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.signos_vitales_historial.id IS 'Identificador del signo vital';
COMMENT ON COLUMN public.signos_vitales_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.signos_vitales_historial.tomado_en IS 'Momento de la medición';
COMMENT ON COLUMN public.signos_vitales_historial.loinc IS 'Qué se midió: código LOINC';
COMMENT ON COLUMN public.signos_vitales_historial.valor IS 'Valor medido; menos de mil millones y hasta seis decimales, para que viaje exacto';
COMMENT ON COLUMN public.signos_vitales_historial.unidad IS 'Unidad, en UCUM';
COMMENT ON COLUMN public.signos_vitales_historial.metodo IS 'Cómo o con qué se midió';
COMMENT ON COLUMN public.signos_vitales_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.signos_vitales_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.signos_vitales_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.signos_vitales_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.signos_vitales_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.signos_vitales_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.signos_vitales_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.signos_vitales_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.signos_vitales_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

CREATE TABLE public.prescripciones (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    medicamento text NOT NULL
        CONSTRAINT prescripciones_medicamento_valido CHECK (length(medicamento) <= 300 AND medicamento ~ '\S'),
    atc text CONSTRAINT prescripciones_atc_valido CHECK (atc ~ '^[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}$'),
    dosis numeric NOT NULL
        CONSTRAINT prescripciones_dosis_valida CHECK (dosis > 0 AND abs(dosis) < 1e9 AND scale(dosis) <= 6),
    unidad text NOT NULL CONSTRAINT prescripciones_unidad_valida CHECK (unidad ~ '^[!-~]{1,40}$'),
    via text NOT NULL CONSTRAINT prescripciones_via_valida CHECK (length(via) <= 50 AND via ~ '\S'),
    frecuencia text NOT NULL
        CONSTRAINT prescripciones_frecuencia_valida CHECK (length(frecuencia) <= 100 AND frecuencia ~ '\S'),
    duracion_dias integer CONSTRAINT prescripciones_duracion_dias_valida CHECK (duracion_dias BETWEEN 1 AND 3650),
    cantidad numeric
        CONSTRAINT prescripciones_cantidad_valida CHECK (cantidad > 0 AND abs(cantidad) < 1e9 AND scale(cantidad) <= 6),
    indicaciones text
        CONSTRAINT prescripciones_indicaciones_valido CHECK (length(indicaciones) <= 2000 AND indicaciones ~ '\S'),
    consulta_id uuid,
    medico_id bigint,
    estado text NOT NULL DEFAULT 'activa'
        CONSTRAINT prescripciones_estado_valido CHECK (estado IN ('activa', 'suspendida', 'terminada', 'anulada')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT prescripciones_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT prescripciones_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT prescripciones_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT prescripciones_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL))
);

CREATE TABLE public.prescripciones_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    medicamento text NOT NULL,
    atc text,
    dosis numeric NOT NULL,
    unidad text NOT NULL,
    via text NOT NULL,
    frecuencia text NOT NULL,
    duracion_dias integer,
    cantidad numeric,
    indicaciones text,
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
    CONSTRAINT prescripciones_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

COMMENT ON TABLE public.prescripciones IS 'Medicamentos prescritos a un paciente, junto a él en su nodo';
COMMENT ON COLUMN public.prescripciones.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.prescripciones.id IS 'Identificador de la prescripción';
COMMENT ON COLUMN public.prescripciones.medicamento IS 'Medicamento, con su presentación';
COMMENT ON COLUMN public.prescripciones.atc IS 'Código ATC de la sustancia';
COMMENT ON COLUMN public.prescripciones.dosis IS 'Cuánto cada vez';
COMMENT ON COLUMN public.prescripciones.unidad IS 'Unidad de la dosis, en UCUM';
COMMENT ON COLUMN public.prescripciones.via IS 'Vía de administración';
COMMENT ON COLUMN public.prescripciones.frecuencia IS 'Cada cuánto';
COMMENT ON COLUMN public.prescripciones.duracion_dias IS 'Por cuántos días';
COMMENT ON COLUMN public.prescripciones.cantidad IS 'Cuánto se entrega en total';
COMMENT ON COLUMN public.prescripciones.indicaciones IS 'Indicaciones para el paciente';
COMMENT ON COLUMN public.prescripciones.consulta_id IS 'Consulta en la que se registró, si hubo una';
COMMENT ON COLUMN public.prescripciones.medico_id IS 'Médico que prescribió';
COMMENT ON COLUMN public.prescripciones.estado IS 'activa, suspendida, terminada o anulada; una fila nunca se borra';
COMMENT ON COLUMN public.prescripciones.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.prescripciones.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.prescripciones.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.prescripciones.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.prescripciones.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.prescripciones.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.prescripciones.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.prescripciones.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.prescripciones_historial IS 'Versiones anteriores de cada prescripción, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.prescripciones_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.prescripciones_historial.id IS 'Identificador de la prescripción';
COMMENT ON COLUMN public.prescripciones_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.prescripciones_historial.medicamento IS 'Medicamento, con su presentación';
COMMENT ON COLUMN public.prescripciones_historial.atc IS 'Código ATC de la sustancia';
COMMENT ON COLUMN public.prescripciones_historial.dosis IS 'Cuánto cada vez';
COMMENT ON COLUMN public.prescripciones_historial.unidad IS 'Unidad de la dosis, en UCUM';
COMMENT ON COLUMN public.prescripciones_historial.via IS 'Vía de administración';
COMMENT ON COLUMN public.prescripciones_historial.frecuencia IS 'Cada cuánto';
COMMENT ON COLUMN public.prescripciones_historial.duracion_dias IS 'Por cuántos días';
COMMENT ON COLUMN public.prescripciones_historial.cantidad IS 'Cuánto se entrega en total';
COMMENT ON COLUMN public.prescripciones_historial.indicaciones IS 'Indicaciones para el paciente';
COMMENT ON COLUMN public.prescripciones_historial.consulta_id IS 'Consulta en la que se registró, si hubo una';
COMMENT ON COLUMN public.prescripciones_historial.medico_id IS 'Médico que prescribió';
COMMENT ON COLUMN public.prescripciones_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.prescripciones_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.prescripciones_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.prescripciones_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.prescripciones_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.prescripciones_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.prescripciones_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.prescripciones_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.prescripciones_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

CREATE TABLE public.ordenes (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    cups text NOT NULL CONSTRAINT ordenes_cups_valido CHECK (cups ~ '^[0-9A-Z]{6}$'),
    descripcion text NOT NULL
        CONSTRAINT ordenes_descripcion_valida CHECK (length(descripcion) <= 500 AND descripcion ~ '\S'),
    cantidad integer NOT NULL CONSTRAINT ordenes_cantidad_valida CHECK (cantidad BETWEEN 1 AND 1000),
    justificacion text
        CONSTRAINT ordenes_justificacion_valida CHECK (length(justificacion) <= 2000 AND justificacion ~ '\S'),
    consulta_id uuid,
    medico_id bigint,
    estado text NOT NULL DEFAULT 'solicitada'
        CONSTRAINT ordenes_estado_valido CHECK (estado IN ('solicitada', 'realizada', 'cancelada', 'anulada')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT ordenes_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT ordenes_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT ordenes_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT ordenes_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL))
);

CREATE TABLE public.ordenes_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    cups text NOT NULL,
    descripcion text NOT NULL,
    cantidad integer NOT NULL,
    justificacion text,
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
    CONSTRAINT ordenes_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

COMMENT ON TABLE public.ordenes IS 'Exámenes y procedimientos pedidos para un paciente, junto a él en su nodo';
COMMENT ON COLUMN public.ordenes.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.ordenes.id IS 'Identificador de la orden';
COMMENT ON COLUMN public.ordenes.cups IS 'Código CUPS';
COMMENT ON COLUMN public.ordenes.descripcion IS 'Qué se pide, en palabras';
COMMENT ON COLUMN public.ordenes.cantidad IS 'Cuántas veces';
COMMENT ON COLUMN public.ordenes.justificacion IS 'Por qué se pide';
COMMENT ON COLUMN public.ordenes.consulta_id IS 'Consulta en la que se registró, si hubo una';
COMMENT ON COLUMN public.ordenes.medico_id IS 'Médico que lo pidió';
COMMENT ON COLUMN public.ordenes.estado IS 'solicitada, realizada, cancelada o anulada; una fila nunca se borra';
COMMENT ON COLUMN public.ordenes.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.ordenes.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.ordenes.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.ordenes.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.ordenes.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.ordenes.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.ordenes.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.ordenes.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.ordenes_historial IS 'Versiones anteriores de cada orden, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.ordenes_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.ordenes_historial.id IS 'Identificador de la orden';
COMMENT ON COLUMN public.ordenes_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.ordenes_historial.cups IS 'Código CUPS';
COMMENT ON COLUMN public.ordenes_historial.descripcion IS 'Qué se pide, en palabras';
COMMENT ON COLUMN public.ordenes_historial.cantidad IS 'Cuántas veces';
COMMENT ON COLUMN public.ordenes_historial.justificacion IS 'Por qué se pide';
COMMENT ON COLUMN public.ordenes_historial.consulta_id IS 'Consulta en la que se registró, si hubo una';
COMMENT ON COLUMN public.ordenes_historial.medico_id IS 'Médico que lo pidió';
COMMENT ON COLUMN public.ordenes_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.ordenes_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.ordenes_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.ordenes_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.ordenes_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.ordenes_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.ordenes_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.ordenes_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.ordenes_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

CREATE TABLE public.resultados (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    emitido_en timestamptz NOT NULL DEFAULT now(),
    orden_id uuid,
    loinc text NOT NULL CONSTRAINT resultados_loinc_valido CHECK (loinc ~ '^[0-9]{1,7}-[0-9]$'),
    valor numeric CONSTRAINT resultados_valor_valido CHECK (abs(valor) < 1e9 AND scale(valor) <= 6),
    valor_texto text
        CONSTRAINT resultados_valor_texto_valido CHECK (length(valor_texto) <= 2000 AND valor_texto ~ '\S'),
    unidad text CONSTRAINT resultados_unidad_valida CHECK (unidad ~ '^[!-~]{1,40}$'),
    ref_min numeric CONSTRAINT resultados_ref_min_valido CHECK (abs(ref_min) < 1e9 AND scale(ref_min) <= 6),
    ref_max numeric CONSTRAINT resultados_ref_max_valido CHECK (abs(ref_max) < 1e9 AND scale(ref_max) <= 6),
    interpretacion text
        CONSTRAINT resultados_interpretacion_valida CHECK (interpretacion IN ('normal', 'bajo', 'alto', 'critico', 'anormal', 'indeterminado')),
    medico_id bigint,
    estado text NOT NULL DEFAULT 'definitivo'
        CONSTRAINT resultados_estado_valido CHECK (estado IN ('preliminar', 'definitivo', 'anulado')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT resultados_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT resultados_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT resultados_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT resultados_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL)),
    CONSTRAINT resultados_un_valor CHECK ((valor IS NULL) <> (valor_texto IS NULL)),
    CONSTRAINT resultados_unidad_si_numero CHECK ((unidad IS NULL) = (valor IS NULL)),
    CONSTRAINT resultados_referencia_valida CHECK (ref_min <= ref_max)
);

CREATE TABLE public.resultados_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    emitido_en timestamptz NOT NULL,
    orden_id uuid,
    loinc text NOT NULL,
    valor numeric,
    valor_texto text,
    unidad text,
    ref_min numeric,
    ref_max numeric,
    interpretacion text,
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
    CONSTRAINT resultados_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

CREATE INDEX resultados_paciente_fecha ON public.resultados (paciente_id, emitido_en DESC, id DESC);

COMMENT ON TABLE public.resultados IS 'Resultados de exámenes de un paciente, junto a él en su nodo';
COMMENT ON COLUMN public.resultados.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.resultados.id IS 'Identificador del resultado';
COMMENT ON COLUMN public.resultados.emitido_en IS 'Momento en que se emitió';
COMMENT ON COLUMN public.resultados.orden_id IS 'Orden que lo pidió, si la hubo';
COMMENT ON COLUMN public.resultados.loinc IS 'Qué se examinó: código LOINC';
COMMENT ON COLUMN public.resultados.valor IS 'Valor, si es un número';
COMMENT ON COLUMN public.resultados.valor_texto IS 'Valor, si no es un número';
COMMENT ON COLUMN public.resultados.unidad IS 'Unidad, en UCUM; presente solo si el valor es un número';
COMMENT ON COLUMN public.resultados.ref_min IS 'Desde dónde es normal';
COMMENT ON COLUMN public.resultados.ref_max IS 'Hasta dónde es normal';
COMMENT ON COLUMN public.resultados.interpretacion IS 'normal, bajo, alto, critico, anormal o indeterminado';
COMMENT ON COLUMN public.resultados.medico_id IS 'Médico que lo emitió';
COMMENT ON COLUMN public.resultados.estado IS 'preliminar, definitivo o anulado; una fila nunca se borra';
COMMENT ON COLUMN public.resultados.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.resultados.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.resultados.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.resultados.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.resultados.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.resultados.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.resultados.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.resultados.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.resultados_historial IS 'Versiones anteriores de cada resultado, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.resultados_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.resultados_historial.id IS 'Identificador del resultado';
COMMENT ON COLUMN public.resultados_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.resultados_historial.emitido_en IS 'Momento en que se emitió';
COMMENT ON COLUMN public.resultados_historial.orden_id IS 'Orden que lo pidió, si la hubo';
COMMENT ON COLUMN public.resultados_historial.loinc IS 'Qué se examinó: código LOINC';
COMMENT ON COLUMN public.resultados_historial.valor IS 'Valor, si es un número';
COMMENT ON COLUMN public.resultados_historial.valor_texto IS 'Valor, si no es un número';
COMMENT ON COLUMN public.resultados_historial.unidad IS 'Unidad, en UCUM; presente solo si el valor es un número';
COMMENT ON COLUMN public.resultados_historial.ref_min IS 'Desde dónde es normal';
COMMENT ON COLUMN public.resultados_historial.ref_max IS 'Hasta dónde es normal';
COMMENT ON COLUMN public.resultados_historial.interpretacion IS 'normal, bajo, alto, critico, anormal o indeterminado';
COMMENT ON COLUMN public.resultados_historial.medico_id IS 'Médico que lo emitió';
COMMENT ON COLUMN public.resultados_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.resultados_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.resultados_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.resultados_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.resultados_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.resultados_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.resultados_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.resultados_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.resultados_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

CREATE TABLE public.notas (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    tipo text NOT NULL
        CONSTRAINT notas_tipo_valido CHECK (tipo IN ('evolucion', 'enfermeria', 'interconsulta', 'epicrisis', 'adenda')),
    texto text NOT NULL CONSTRAINT notas_texto_valido CHECK (length(texto) <= 20000 AND texto ~ '\S'),
    medico_id bigint,
    consulta_id uuid,
    adenda_de uuid,
    firmado_en timestamptz,
    sha256 text CONSTRAINT notas_sha256_valido CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    estado text NOT NULL DEFAULT 'borrador'
        CONSTRAINT notas_estado_valido CHECK (estado IN ('borrador', 'firmada', 'anulada')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT notas_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT notas_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT notas_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT notas_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL)),
    CONSTRAINT notas_adenda_si_adenda CHECK ((tipo = 'adenda') = (adenda_de IS NOT NULL)),
    CONSTRAINT notas_firma_completa
        CHECK ((estado = 'firmada') = (firmado_en IS NOT NULL) AND (firmado_en IS NULL) = (sha256 IS NULL)),
    CONSTRAINT notas_autor_si_firmada CHECK (estado <> 'firmada' OR medico_id IS NOT NULL)
);

CREATE TABLE public.notas_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    tipo text NOT NULL,
    texto text NOT NULL,
    medico_id bigint,
    consulta_id uuid,
    adenda_de uuid,
    firmado_en timestamptz,
    sha256 text,
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
    CONSTRAINT notas_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

CREATE INDEX notas_paciente_fecha ON public.notas (paciente_id, fecha_registro DESC, id DESC);

-- Whoever writes for the API changes drafts alone. A signed note is out of reach of UPDATE and of SELECT … FOR UPDATE, on a shard as well.
ALTER TABLE public.notas ENABLE ROW LEVEL SECURITY;
CREATE POLICY notas_lectura ON public.notas FOR SELECT USING (true);
CREATE POLICY notas_registro ON public.notas FOR INSERT WITH CHECK (estado = 'borrador');
CREATE POLICY notas_cambio ON public.notas FOR UPDATE USING (estado = 'borrador') WITH CHECK (true);

COMMENT ON TABLE public.notas IS 'Notas clínicas de un paciente, junto a él en su nodo; la que se firmó ya no cambia';
COMMENT ON COLUMN public.notas.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.notas.id IS 'Identificador de la nota';
COMMENT ON COLUMN public.notas.tipo IS 'evolucion, enfermeria, interconsulta, epicrisis o adenda';
COMMENT ON COLUMN public.notas.texto IS 'Texto de la nota';
COMMENT ON COLUMN public.notas.medico_id IS 'Autor; se exige al firmar';
COMMENT ON COLUMN public.notas.consulta_id IS 'Consulta en la que se registró, si hubo una';
COMMENT ON COLUMN public.notas.adenda_de IS 'Nota firmada que esta adenda corrige o completa';
COMMENT ON COLUMN public.notas.firmado_en IS 'Momento de la firma';
COMMENT ON COLUMN public.notas.sha256 IS 'SHA-256 del texto firmado, en UTF-8';
COMMENT ON COLUMN public.notas.estado IS 'borrador, firmada o anulada; una fila nunca se borra';
COMMENT ON COLUMN public.notas.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.notas.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.notas.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.notas.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.notas.motivo IS 'Por qué se escribió esta versión; nulo en la primera y en la firma';
COMMENT ON COLUMN public.notas.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.notas.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.notas.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.notas_historial IS 'Versiones anteriores de cada nota, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.notas_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.notas_historial.id IS 'Identificador de la nota';
COMMENT ON COLUMN public.notas_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.notas_historial.tipo IS 'evolucion, enfermeria, interconsulta, epicrisis o adenda';
COMMENT ON COLUMN public.notas_historial.texto IS 'Texto de la nota';
COMMENT ON COLUMN public.notas_historial.medico_id IS 'Autor; se exige al firmar';
COMMENT ON COLUMN public.notas_historial.consulta_id IS 'Consulta en la que se registró, si hubo una';
COMMENT ON COLUMN public.notas_historial.adenda_de IS 'Nota firmada que esta adenda corrige o completa';
COMMENT ON COLUMN public.notas_historial.firmado_en IS 'Momento de la firma';
COMMENT ON COLUMN public.notas_historial.sha256 IS 'SHA-256 del texto firmado, en UTF-8';
COMMENT ON COLUMN public.notas_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.notas_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.notas_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.notas_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera y en la firma';
COMMENT ON COLUMN public.notas_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.notas_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.notas_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.notas_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.notas_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

CREATE TABLE public.documentos (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    nombre text NOT NULL CONSTRAINT documentos_nombre_valido CHECK (length(nombre) <= 200 AND nombre ~ '\S'),
    tipo text NOT NULL
        CONSTRAINT documentos_tipo_valido CHECK (tipo IN ('epicrisis', 'consentimiento', 'imagen', 'laboratorio', 'otro')),
    mime text NOT NULL
        CONSTRAINT documentos_mime_valido CHECK (mime IN ('application/pdf', 'image/png', 'image/jpeg', 'text/plain')),
    bytes integer NOT NULL CONSTRAINT documentos_bytes_valido CHECK (bytes BETWEEN 1 AND 524288),
    sha256 text NOT NULL CONSTRAINT documentos_sha256_valido CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    estado text NOT NULL DEFAULT 'activo'
        CONSTRAINT documentos_estado_valido CHECK (estado IN ('activo', 'anulado')),
    fecha_registro timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    actualizado_en timestamptz,
    cambiado_por text CONSTRAINT documentos_cambiado_por_valido CHECK (length(cambiado_por) <= 100),
    motivo text CONSTRAINT documentos_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    peticion text CONSTRAINT documentos_peticion_valida CHECK (length(peticion) <= 64),
    clave uuid,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT documentos_clave_con_huella CHECK ((clave IS NULL) = (huella IS NULL))
);

CREATE TABLE public.documentos_historial (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    nombre text NOT NULL,
    tipo text NOT NULL,
    mime text NOT NULL,
    bytes integer NOT NULL,
    sha256 text NOT NULL,
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
    CONSTRAINT documentos_historial_vigencia_valida CHECK (vigente_desde <= vigente_hasta)
);

-- The content never changes: kept apart, no correction of a name copies it, and nobody but the owner may replace it.
CREATE TABLE public.documentos_contenido (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    contenido bytea NOT NULL CONSTRAINT documentos_contenido_valido CHECK (octet_length(contenido) BETWEEN 1 AND 524288),
    PRIMARY KEY (paciente_id, id)
);

COMMENT ON TABLE public.documentos IS 'Documentos adjuntos de un paciente, junto a él en su nodo; su contenido está en documentos_contenido';
COMMENT ON COLUMN public.documentos.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.documentos.id IS 'Identificador del documento';
COMMENT ON COLUMN public.documentos.nombre IS 'Nombre del archivo';
COMMENT ON COLUMN public.documentos.tipo IS 'epicrisis, consentimiento, imagen, laboratorio u otro';
COMMENT ON COLUMN public.documentos.mime IS 'Tipo del contenido';
COMMENT ON COLUMN public.documentos.bytes IS 'Tamaño del contenido';
COMMENT ON COLUMN public.documentos.sha256 IS 'SHA-256 del contenido';
COMMENT ON COLUMN public.documentos.estado IS 'activo o anulado; una fila nunca se borra';
COMMENT ON COLUMN public.documentos.fecha_registro IS 'Momento en que se registró la fila';
COMMENT ON COLUMN public.documentos.version IS 'Número de versión de la fila; crece con cada cambio';
COMMENT ON COLUMN public.documentos.actualizado_en IS 'Momento del último cambio; nulo mientras la fila sea la que se registró';
COMMENT ON COLUMN public.documentos.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.documentos.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.documentos.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.documentos.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.documentos.huella IS 'SHA-256 de lo que se pidió con esa clave';

COMMENT ON TABLE public.documentos_historial IS 'Versiones anteriores de los datos de cada documento, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.documentos_historial.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.documentos_historial.id IS 'Identificador del documento';
COMMENT ON COLUMN public.documentos_historial.version IS 'Número de la versión';
COMMENT ON COLUMN public.documentos_historial.nombre IS 'Nombre del archivo';
COMMENT ON COLUMN public.documentos_historial.tipo IS 'epicrisis, consentimiento, imagen, laboratorio u otro';
COMMENT ON COLUMN public.documentos_historial.mime IS 'Tipo del contenido';
COMMENT ON COLUMN public.documentos_historial.bytes IS 'Tamaño del contenido';
COMMENT ON COLUMN public.documentos_historial.sha256 IS 'SHA-256 del contenido';
COMMENT ON COLUMN public.documentos_historial.estado IS 'Estado en esta versión';
COMMENT ON COLUMN public.documentos_historial.fecha_registro IS 'Momento en que se registró la primera versión';
COMMENT ON COLUMN public.documentos_historial.cambiado_por IS 'Quién escribió esta versión';
COMMENT ON COLUMN public.documentos_historial.motivo IS 'Por qué se escribió esta versión; nulo en la primera';
COMMENT ON COLUMN public.documentos_historial.peticion IS 'Identificador de la petición HTTP que escribió esta versión';
COMMENT ON COLUMN public.documentos_historial.clave IS 'De la Idempotency-Key con que se escribió esta versión; nulo sin ella';
COMMENT ON COLUMN public.documentos_historial.huella IS 'SHA-256 de lo que se pidió con esa clave';
COMMENT ON COLUMN public.documentos_historial.vigente_desde IS 'Momento desde el que valió esta versión';
COMMENT ON COLUMN public.documentos_historial.vigente_hasta IS 'Momento en que otra versión la reemplazó; ya no incluido';

COMMENT ON TABLE public.documentos_contenido IS 'Contenido de cada documento, junto a su paciente; solo se añaden filas';
COMMENT ON COLUMN public.documentos_contenido.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.documentos_contenido.id IS 'Identificador del documento';
COMMENT ON COLUMN public.documentos_contenido.contenido IS 'Los bytes del archivo';
