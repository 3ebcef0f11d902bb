-- Who opened the record of a patient without a treatment relation, why, and until when; and what was found when that was reviewed. Rows of
-- both are only added: the API can neither prolong an access, nor reword why it was, nor review it twice. They are parts of the patient by
-- their foreign keys (historia_hooks/schema.py), so they go with the patient to another number and in a merge (0005, 0007).

CREATE TABLE public.accesos_emergencia (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    usuario_id text NOT NULL CONSTRAINT accesos_emergencia_usuario_valido CHECK (length(usuario_id) BETWEEN 1 AND 100),
    sesion uuid NOT NULL,
    motivo text NOT NULL
        CONSTRAINT accesos_emergencia_motivo_valido
        CHECK (motivo IN ('riesgo_vital', 'paciente_inconsciente', 'urgencia_sin_registro', 'otro')),
    justificacion text NOT NULL
        CONSTRAINT accesos_emergencia_justificacion_valida CHECK (length(justificacion) BETWEEN 20 AND 1000),
    inicio timestamptz NOT NULL DEFAULT now(),
    expira timestamptz NOT NULL,
    huella bytea,
    PRIMARY KEY (paciente_id, id),
    CONSTRAINT accesos_emergencia_expira_valido CHECK (inicio < expira AND expira <= inicio + interval '4 hours')
);

CREATE TABLE public.accesos_emergencia_revisiones (
    paciente_id text NOT NULL,
    id uuid NOT NULL,
    revisado_por text NOT NULL
        CONSTRAINT accesos_emergencia_revisiones_revisado_por_valido CHECK (length(revisado_por) BETWEEN 1 AND 100),
    dictamen text NOT NULL
        CONSTRAINT accesos_emergencia_revisiones_dictamen_valido CHECK (dictamen IN ('justificado', 'no_justificado')),
    comentario text
        CONSTRAINT accesos_emergencia_revisiones_comentario_valido CHECK (length(comentario) <= 1000 AND comentario ~ '\S'),
    revisado_en timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (paciente_id, id)
);

-- in whose order the queue of reviews is read, through all patients
CREATE INDEX accesos_emergencia_inicio ON public.accesos_emergencia (inicio, id);

COMMENT ON TABLE public.accesos_emergencia IS 'Accesos de emergencia a la historia de un paciente, junto a él en su nodo; solo se añaden filas';
COMMENT ON COLUMN public.accesos_emergencia.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.accesos_emergencia.id IS 'Identificador del acceso; con Idempotency-Key sale de ella';
COMMENT ON COLUMN public.accesos_emergencia.usuario_id IS 'Documento del usuario que abrió la historia';
COMMENT ON COLUMN public.accesos_emergencia.sesion IS 'La sesión en que la abrió: en otra no vale';
COMMENT ON COLUMN public.accesos_emergencia.motivo IS 'Por qué: riesgo_vital, paciente_inconsciente, urgencia_sin_registro u otro';
COMMENT ON COLUMN public.accesos_emergencia.justificacion IS 'Por qué, con sus palabras';
COMMENT ON COLUMN public.accesos_emergencia.inicio IS 'Momento en que la abrió';
COMMENT ON COLUMN public.accesos_emergencia.expira IS 'Momento desde el que ya no vale';
COMMENT ON COLUMN public.accesos_emergencia.huella IS 'SHA-256 de lo que se pidió con la Idempotency-Key; nulo sin ella';

COMMENT ON TABLE public.accesos_emergencia_revisiones IS 'Lo que se dictaminó de cada acceso de emergencia, una sola vez, junto al paciente; solo se añaden filas';
COMMENT ON COLUMN public.accesos_emergencia_revisiones.paciente_id IS 'Cédula del paciente; clave de reparto';
COMMENT ON COLUMN public.accesos_emergencia_revisiones.id IS 'Identificador del acceso que se revisó';
COMMENT ON COLUMN public.accesos_emergencia_revisiones.revisado_por IS 'Documento del usuario que lo revisó; nunca quien abrió la historia';
COMMENT ON COLUMN public.accesos_emergencia_revisiones.dictamen IS 'justificado o no_justificado';
COMMENT ON COLUMN public.accesos_emergencia_revisiones.comentario IS 'Lo que quien revisó quiso añadir';
COMMENT ON COLUMN public.accesos_emergencia_revisiones.revisado_en IS 'Momento de la revisión';
