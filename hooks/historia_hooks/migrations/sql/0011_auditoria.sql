-- Who read, searched, wrote or was denied what: rows that are only added, each bound to the one before by its hash. The API may read them
-- and nothing else: it adds one through anotar_auditoria, which runs as the owner, takes the number and the hash of the chain's head and
-- makes the hash by itself. So the API can neither leave a gap, nor set a head back, nor choose the time of a row.
--
-- A chain is a patient's number, or one of those of the system; both lie by their name beside pacientes. No foreign key leads there:
-- the audit outlives the record, and what moves or removes a record (0005, 0007) goes by those keys and leaves the chains alone.

CREATE TABLE public.auditoria (
    paciente_id text NOT NULL,
    seq bigint NOT NULL,
    formato smallint NOT NULL,
    ocurrido timestamptz NOT NULL,
    usuario_id text NOT NULL,
    rol text,
    accion text NOT NULL,
    recurso text NOT NULL,
    recurso_id text,
    version integer,
    proposito text,
    resultado text NOT NULL,
    ip text,
    agente text,
    peticion_id text NOT NULL,
    consulta text,
    vinculo text,
    vinculado text,
    hash_previo bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (paciente_id, seq),
    CONSTRAINT auditoria_resultado_valido CHECK (resultado IN ('exito', 'llevado', 'denegado', 'no_encontrado', 'rechazado', 'fallo')),
    CONSTRAINT auditoria_vinculo_valido CHECK (vinculo IN ('pasa_a', 'viene_de', 'recibe', 'fusionado_en', 'devuelve', 'separado_de')),
    CONSTRAINT auditoria_vinculo_con_numero CHECK ((vinculo IS NULL) = (vinculado IS NULL)),
    CONSTRAINT auditoria_hash_valido CHECK (length(hash) = 32 AND length(hash_previo) = 32)
);

CREATE TABLE public.auditoria_cabeza (
    paciente_id text PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE public.auditoria_sistema (
    cadena text NOT NULL,
    seq bigint NOT NULL,
    formato smallint NOT NULL,
    ocurrido timestamptz NOT NULL,
    usuario_id text NOT NULL,
    rol text,
    accion text NOT NULL,
    recurso text NOT NULL,
    recurso_id text,
    version integer,
    proposito text,
    resultado text NOT NULL,
    ip text,
    agente text,
    peticion_id text NOT NULL,
    consulta text,
    vinculo text,
    vinculado text,
    hash_previo bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (cadena, seq),
    CONSTRAINT auditoria_sistema_resultado_valido
        CHECK (resultado IN ('exito', 'llevado', 'denegado', 'no_encontrado', 'rechazado', 'fallo')),
    CONSTRAINT auditoria_sistema_sin_vinculo CHECK (vinculo IS NULL AND vinculado IS NULL),
    CONSTRAINT auditoria_sistema_hash_valido CHECK (length(hash) = 32 AND length(hash_previo) = 32)
);

CREATE TABLE public.auditoria_sistema_cabeza (
    cadena text PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE public.sellos_auditoria (
    sello bigint PRIMARY KEY,
    creado timestamptz NOT NULL,
    linea text NOT NULL
);

-- by which the numbers that a patient had are followed
CREATE INDEX auditoria_vinculos ON public.auditoria (paciente_id, seq) WHERE vinculo IS NOT NULL;

-- Answers the number of the row; null where the patient is not known, neither here nor to be believed (conocido), so that asking for
-- numbers that nobody has makes no chains. Everything it touches is in one shard group: Citus sends the call there from any node, also in
-- the middle of a transaction, and the row stands or falls with what that transaction did. The time goes through text: in a style of the
-- caller's, with the name of his time zone, it could be read back as another one.
CREATE FUNCTION public.anotar_auditoria(
    cadena text, sistema boolean, conocido boolean, usuario_id text, rol text, accion text, recurso text, recurso_id text,
    version integer, proposito text, resultado text, ip text, agente text, peticion_id text, consulta text, vinculo text, vinculado text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO pg_catalog, pg_temp SET datestyle TO 'ISO' SET timezone TO 'UTC' AS $$
DECLARE
    formato constant smallint := 1;
    filas constant text := CASE WHEN sistema THEN 'auditoria_sistema' ELSE 'auditoria' END;
    llave constant text := CASE WHEN sistema THEN 'cadena' ELSE 'paciente_id' END;
    cabeza record;
    momento timestamptz;
    huella bytea;
BEGIN
    IF NOT pg_has_role(session_user, 'historia_app', 'MEMBER') THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for function anotar_auditoria';
    END IF;
    EXECUTE format('SELECT seq, hash FROM public.%I WHERE %I = %L FOR NO KEY UPDATE', filas || '_cabeza', llave, cadena) INTO cabeza;
    IF cabeza.seq IS NULL THEN
        IF NOT sistema AND NOT conocido THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM public.pacientes WHERE cedula = %L)', cadena) INTO conocido;
            IF NOT conocido THEN
                RETURN NULL;
            END IF;
        END IF;
        EXECUTE format('INSERT INTO public.%I (%I, seq, hash) VALUES (%L, 0, %L) ON CONFLICT DO NOTHING',
                       filas || '_cabeza', llave, cadena, decode(repeat('00', 32), 'hex'));
        EXECUTE format('SELECT seq, hash FROM public.%I WHERE %I = %L FOR NO KEY UPDATE', filas || '_cabeza', llave, cadena) INTO cabeza;
    END IF;
    momento := clock_timestamp();
    huella := sha256(cabeza.hash || convert_to(json_build_array(
        formato, cadena, cabeza.seq + 1, to_char(momento AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado, ip, agente, peticion_id, consulta, vinculo, vinculado
    )::text, 'UTF8'));
    EXECUTE format(
        'INSERT INTO public.%I (%I, seq, formato, ocurrido, usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado,'
        ' ip, agente, peticion_id, consulta, vinculo, vinculado, hash_previo, hash)'
        ' VALUES (%L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L)',
        filas, llave, cadena, cabeza.seq + 1, formato, momento, usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado,
        ip, agente, peticion_id, consulta, vinculo, vinculado, cabeza.hash, huella);
    EXECUTE format('UPDATE public.%I SET seq = %L, hash = %L WHERE %I = %L', filas || '_cabeza', cabeza.seq + 1, huella, llave, cadena);
    RETURN cabeza.seq + 1;
END $$;

-- A row in the chains of both of two patients that one change ties together (0005, 0007). That change was made over connections of the
-- owner, and Citus reads what they have written over no other: so this runs as the owner too, on the node that made the change. The chains
-- are taken in one order, so that two such changes cannot wait for each other.
CREATE FUNCTION public.anotar_vinculo(
    paciente text, otro text, aqui text, alla text, usuario_id text, rol text, accion text, recurso text, recurso_id text, version integer,
    proposito text, resultado text, ip text, agente text, peticion_id text, consulta text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    cadena text;
BEGIN
    IF NOT pg_has_role(session_user, 'historia_app', 'MEMBER') THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for function anotar_vinculo';
    END IF;
    FOR cadena IN SELECT one FROM unnest(ARRAY[paciente, otro]) AS one ORDER BY one COLLATE "C" LOOP
        EXECUTE format(
            'SELECT public.anotar_auditoria(%L, false, true, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L)',
            cadena, usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado, ip, agente, peticion_id, consulta,
            CASE cadena WHEN paciente THEN aqui ELSE alla END, CASE cadena WHEN paciente THEN otro ELSE paciente END);
    END LOOP;
END $$;

-- On a node that comes later Citus makes the function with the privileges that were granted, but forgets these that were not: hence the
-- question in their first lines.
REVOKE ALL ON FUNCTION public.anotar_auditoria FROM PUBLIC;
REVOKE ALL ON FUNCTION public.anotar_vinculo FROM PUBLIC;

COMMENT ON FUNCTION public.anotar_auditoria IS 'Añade una fila al final de una cadena de auditoría';
COMMENT ON FUNCTION public.anotar_vinculo IS 'Añade una fila a las cadenas de dos pacientes que un cambio une';
COMMENT ON TABLE public.auditoria IS 'Quién leyó, buscó, escribió o se vio negado qué de cada paciente, en una cadena por paciente; solo se añaden filas';
COMMENT ON COLUMN public.auditoria.paciente_id IS 'Número del paciente en ese momento; clave de reparto y nombre de la cadena';
COMMENT ON COLUMN public.auditoria.seq IS 'Lugar en la cadena, desde 1 y sin huecos';
COMMENT ON COLUMN public.auditoria.formato IS 'Versión de la forma canónica de la que se hace el hash';
COMMENT ON COLUMN public.auditoria.ocurrido IS 'Momento, del reloj del nodo que guarda la cadena';
COMMENT ON COLUMN public.auditoria.usuario_id IS 'Quién lo hizo';
COMMENT ON COLUMN public.auditoria.rol IS 'Con qué rol; nulo si no se identificó';
COMMENT ON COLUMN public.auditoria.accion IS 'Qué hizo';
COMMENT ON COLUMN public.auditoria.recurso IS 'Con qué clase de recurso';
COMMENT ON COLUMN public.auditoria.recurso_id IS 'Identificador del recurso; nulo si fueron varios o ninguno';
COMMENT ON COLUMN public.auditoria.version IS 'Versión del recurso que leyó o escribió';
COMMENT ON COLUMN public.auditoria.proposito IS 'Propósito de uso que declaró';
COMMENT ON COLUMN public.auditoria.resultado IS 'exito, llevado (a otro número), denegado, no_encontrado, rechazado o fallo';
COMMENT ON COLUMN public.auditoria.ip IS 'Dirección desde la que llegó la petición';
COMMENT ON COLUMN public.auditoria.agente IS 'Programa que la hizo, según él mismo';
COMMENT ON COLUMN public.auditoria.peticion_id IS 'X-Request-ID de la petición';
COMMENT ON COLUMN public.auditoria.consulta IS 'Nombres de los parámetros de la consulta, sin sus valores';
COMMENT ON COLUMN public.auditoria.vinculo IS 'Qué une esta cadena con la de otro número';
COMMENT ON COLUMN public.auditoria.vinculado IS 'Ese otro número';
COMMENT ON COLUMN public.auditoria.hash_previo IS 'Hash de la fila anterior; ceros en la primera';
COMMENT ON COLUMN public.auditoria.hash IS 'SHA-256 de hash_previo y de la forma canónica de la fila';
COMMENT ON TABLE public.auditoria_cabeza IS 'La última fila de cada cadena de auditoria';
COMMENT ON COLUMN public.auditoria_cabeza.paciente_id IS 'Nombre de la cadena; clave de reparto';
COMMENT ON COLUMN public.auditoria_cabeza.seq IS 'Lugar de la última fila; 0 si aún no hay';
COMMENT ON COLUMN public.auditoria_cabeza.hash IS 'Hash de la última fila';
COMMENT ON TABLE public.auditoria_sistema IS 'Lo mismo de lo que no es de un paciente: búsquedas, listas de personas, números que no son de nadie; solo se añaden filas';
COMMENT ON COLUMN public.auditoria_sistema.cadena IS 'Nombre de la cadena, de quien pide; clave de reparto';
COMMENT ON COLUMN public.auditoria_sistema.seq IS 'Lugar en la cadena, desde 1 y sin huecos';
COMMENT ON COLUMN public.auditoria_sistema.formato IS 'Versión de la forma canónica de la que se hace el hash';
COMMENT ON COLUMN public.auditoria_sistema.ocurrido IS 'Momento, del reloj del nodo que guarda la cadena';
COMMENT ON COLUMN public.auditoria_sistema.usuario_id IS 'Quién lo hizo';
COMMENT ON COLUMN public.auditoria_sistema.rol IS 'Con qué rol; nulo si no se identificó';
COMMENT ON COLUMN public.auditoria_sistema.accion IS 'Qué hizo';
COMMENT ON COLUMN public.auditoria_sistema.recurso IS 'Con qué clase de recurso';
COMMENT ON COLUMN public.auditoria_sistema.recurso_id IS 'Identificador del recurso; nulo si fueron varios o ninguno';
COMMENT ON COLUMN public.auditoria_sistema.version IS 'Versión del recurso que leyó o escribió';
COMMENT ON COLUMN public.auditoria_sistema.proposito IS 'Propósito de uso que declaró';
COMMENT ON COLUMN public.auditoria_sistema.resultado IS 'exito, llevado (a otro número), denegado, no_encontrado, rechazado o fallo';
COMMENT ON COLUMN public.auditoria_sistema.ip IS 'Dirección desde la que llegó la petición';
COMMENT ON COLUMN public.auditoria_sistema.agente IS 'Programa que la hizo, según él mismo';
COMMENT ON COLUMN public.auditoria_sistema.peticion_id IS 'X-Request-ID de la petición';
COMMENT ON COLUMN public.auditoria_sistema.consulta IS 'Nombres de los parámetros de la consulta, sin sus valores';
COMMENT ON COLUMN public.auditoria_sistema.vinculo IS 'Siempre nulo: la forma canónica es la misma que la de auditoria';
COMMENT ON COLUMN public.auditoria_sistema.vinculado IS 'Siempre nulo: la forma canónica es la misma que la de auditoria';
COMMENT ON COLUMN public.auditoria_sistema.hash_previo IS 'Hash de la fila anterior; ceros en la primera';
COMMENT ON COLUMN public.auditoria_sistema.hash IS 'SHA-256 de hash_previo y de la forma canónica de la fila';
COMMENT ON TABLE public.auditoria_sistema_cabeza IS 'La última fila de cada cadena de auditoria_sistema';
COMMENT ON COLUMN public.auditoria_sistema_cabeza.cadena IS 'Nombre de la cadena; clave de reparto';
COMMENT ON COLUMN public.auditoria_sistema_cabeza.seq IS 'Lugar de la última fila; 0 si aún no hay';
COMMENT ON COLUMN public.auditoria_sistema_cabeza.hash IS 'Hash de la última fila';
COMMENT ON TABLE public.sellos_auditoria IS 'Sellos firmados de todas las cabezas; valen por la copia que se guarda fuera de la base';
COMMENT ON COLUMN public.sellos_auditoria.sello IS 'Número del sello';
COMMENT ON COLUMN public.sellos_auditoria.creado IS 'Momento del sello';
COMMENT ON COLUMN public.sellos_auditoria.linea IS 'El sello firmado, tal como se escribe también fuera';
