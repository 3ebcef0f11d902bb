-- Who may enter: accounts of users, their sessions, and the logins that were tried; bare: how they are spread, their foreign keys and
-- privileges are declared in historia_hooks/schema.py.
--
-- No password and no token is kept, only what tells whether one that is presented is right. The logins that were tried have no foreign key:
-- they are counted for documents without an account as well, or the time that an answer takes would tell who has one.

CREATE TABLE public.cuentas (
    documento_id text PRIMARY KEY,
    rol text,
    ambitos text[],
    medico_id bigint,
    paciente_id text,
    paciente_uuid uuid,
    clave_hash text NOT NULL,
    clave_en timestamptz NOT NULL,
    debe_cambiar boolean NOT NULL,
    activa boolean NOT NULL DEFAULT true,
    epoca integer NOT NULL DEFAULT 1,
    version integer NOT NULL DEFAULT 1,
    creada_en timestamptz NOT NULL,
    creada_por text NOT NULL,
    actualizada_en timestamptz,
    actualizada_por text,
    motivo text,
    peticion text,
    CONSTRAINT cuentas_rol_valido CHECK (
        rol IN ('admin', 'admisionista', 'medico', 'resultados', 'paciente', 'auditor', 'oficial_datos', 'investigador')
    ),
    CONSTRAINT cuentas_rol_o_ambitos CHECK ((rol IS NULL) <> (ambitos IS NULL)),
    CONSTRAINT cuentas_ambitos_validos CHECK (cardinality(ambitos) BETWEEN 1 AND 100),
    CONSTRAINT cuentas_medico_de_su_rol CHECK ((medico_id IS NOT NULL) = (rol IS NOT NULL AND rol = 'medico')),
    CONSTRAINT cuentas_paciente_de_su_rol CHECK ((paciente_id IS NOT NULL) = (rol IS NOT NULL AND rol = 'paciente')),
    CONSTRAINT cuentas_paciente_con_identidad CHECK ((paciente_id IS NULL) = (paciente_uuid IS NULL)),
    CONSTRAINT cuentas_clave_es_argon2id CHECK (clave_hash ~ '^\$argon2id\$' AND length(clave_hash) <= 300),
    CONSTRAINT cuentas_autor_valido CHECK (length(creada_por) <= 100 AND length(actualizada_por) <= 100),
    CONSTRAINT cuentas_motivo_valido CHECK (length(motivo) <= 500 AND motivo ~ '\S'),
    CONSTRAINT cuentas_peticion_valida CHECK (length(peticion) <= 64)
);

CREATE TABLE public.sesiones (
    documento_id text NOT NULL,
    id uuid NOT NULL,
    epoca integer NOT NULL,
    familia_sha256 bytea NOT NULL,
    renovacion_sha256 bytea NOT NULL,
    anterior_sha256 bytea,
    generacion integer NOT NULL DEFAULT 1,
    creada_en timestamptz NOT NULL,
    renovada_en timestamptz NOT NULL,
    expira_en timestamptz NOT NULL,
    terminada_en timestamptz,
    motivo_fin text,
    PRIMARY KEY (documento_id, id),
    CONSTRAINT sesiones_resumenes_validos CHECK (
        length(familia_sha256) = 32 AND length(renovacion_sha256) = 32 AND length(anterior_sha256) = 32
    ),
    CONSTRAINT sesiones_vigencia_valida CHECK (creada_en < expira_en),
    CONSTRAINT sesiones_fin_con_motivo CHECK ((terminada_en IS NULL) = (motivo_fin IS NULL)),
    CONSTRAINT sesiones_motivo_fin_valido CHECK (
        motivo_fin IN ('salida', 'cierre', 'reutilizacion', 'cambio de clave', 'clave restablecida', 'cuenta desactivada')
    )
);

CREATE TABLE public.intentos_acceso (
    documento_id text PRIMARY KEY,
    desde timestamptz NOT NULL,
    intentos integer NOT NULL,
    CONSTRAINT intentos_acceso_intentos_validos CHECK (intentos >= 0)
);

COMMENT ON TABLE public.cuentas IS 'Quién puede entrar y para qué está aquí; una fila por usuario como mucho';
COMMENT ON COLUMN public.cuentas.documento_id IS 'Documento del usuario de quien es; clave de reparto';
COMMENT ON COLUMN public.cuentas.rol IS 'Para qué está aquí esa persona; nulo en la cuenta de un programa';
COMMENT ON COLUMN public.cuentas.ambitos IS 'Lo único que puede hacer la cuenta de un programa, cada uno recurso:accion; nulo en las personas';
COMMENT ON COLUMN public.cuentas.medico_id IS 'Qué médico es; solo con el rol medico. Sin llave foránea: uniría estas tablas con las de los pacientes, y se repartirían juntas';
COMMENT ON COLUMN public.cuentas.paciente_id IS 'De qué paciente es la historia que ve; solo con el rol paciente. Sin llave foránea: el paciente puede estar en otro nodo';
COMMENT ON COLUMN public.cuentas.paciente_uuid IS 'Identificador de ese paciente (pacientes.id): es el que decide, porque el número puede cambiar y ser después de otro';
COMMENT ON COLUMN public.cuentas.clave_hash IS 'Resumen argon2id de la contraseña, con sus parámetros';
COMMENT ON COLUMN public.cuentas.clave_en IS 'Momento en que se puso esta contraseña';
COMMENT ON COLUMN public.cuentas.debe_cambiar IS 'Si la contraseña es de un solo uso y hay que cambiarla antes de hacer otra cosa';
COMMENT ON COLUMN public.cuentas.activa IS 'Falso: no entra, y sus sesiones no valen';
COMMENT ON COLUMN public.cuentas.epoca IS 'Las sesiones de otra época no valen; sube cuando todas deben terminar, también la que se estaba abriendo';
COMMENT ON COLUMN public.cuentas.version IS 'Sube con cada cambio que hace quien administra';
COMMENT ON COLUMN public.cuentas.creada_en IS 'Momento en que se creó la cuenta';
COMMENT ON COLUMN public.cuentas.creada_por IS 'Quién la creó';
COMMENT ON COLUMN public.cuentas.actualizada_en IS 'Momento del último cambio de quien administra; nulo sin ninguno';
COMMENT ON COLUMN public.cuentas.actualizada_por IS 'Quién hizo ese cambio';
COMMENT ON COLUMN public.cuentas.motivo IS 'Por qué se hizo el último cambio';
COMMENT ON COLUMN public.cuentas.peticion IS 'Identificador de la petición HTTP del último cambio';

COMMENT ON TABLE public.sesiones IS 'Sesiones de cada cuenta, junto a ella; cada petición con un token mira aquí';
COMMENT ON COLUMN public.sesiones.documento_id IS 'De quién es; clave de reparto';
COMMENT ON COLUMN public.sesiones.id IS 'Identificador de la sesión';
COMMENT ON COLUMN public.sesiones.epoca IS 'Época de la cuenta en que se abrió';
COMMENT ON COLUMN public.sesiones.familia_sha256 IS 'SHA-256 de la parte de los tokens de renovación que comparten todos los de la sesión';
COMMENT ON COLUMN public.sesiones.renovacion_sha256 IS 'SHA-256 del token de renovación que vale';
COMMENT ON COLUMN public.sesiones.anterior_sha256 IS 'SHA-256 del token del que salió; vale unos segundos más por si la respuesta se perdió';
COMMENT ON COLUMN public.sesiones.generacion IS 'Cuántos tokens de renovación se han dado';
COMMENT ON COLUMN public.sesiones.creada_en IS 'Momento en que se entró';
COMMENT ON COLUMN public.sesiones.renovada_en IS 'Momento de la última renovación';
COMMENT ON COLUMN public.sesiones.expira_en IS 'Momento en que termina aunque se renueve';
COMMENT ON COLUMN public.sesiones.terminada_en IS 'Momento en que terminó antes; nulo si no';
COMMENT ON COLUMN public.sesiones.motivo_fin IS 'Por qué terminó antes';

COMMENT ON TABLE public.intentos_acceso IS 'Entradas que se intentaron y no se lograron, por ventanas de tiempo';
COMMENT ON COLUMN public.intentos_acceso.documento_id IS 'Documento de la cuenta, o una de las casillas en que se cuentan juntos los documentos sin cuenta; clave de reparto';
COMMENT ON COLUMN public.intentos_acceso.desde IS 'Momento en que empezó la ventana';
COMMENT ON COLUMN public.intentos_acceso.intentos IS 'Intentos en esa ventana; cero tras lograr entrar';
