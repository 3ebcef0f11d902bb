-- Whose reserved records a transaction of the API may touch is said in historia.reservados, signed as whose rows are in 0013. Asked of each row
-- that is reserved, and of no other. The keys and the form of the signature are those of contexto_paciente; what is signed
-- begins with the word «reservados», so that neither setting serves for the other. Without the setting nothing that is reserved is seen.
CREATE FUNCTION public.ve_reservado(medico bigint) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    dicho constant text := coalesce(current_setting('historia.reservados', true), '');
    mensaje constant bytea := convert_to('reservados' || substr(dicho, 65), 'UTF8');
    relleno constant bytea := decode(repeat('00', 32), 'hex');
    claves bytea;
    firma bytea;
BEGIN
    IF dicho = '' THEN
        RETURN false;
    END IF;
    IF dicho !~ '^[0-9a-f]{64}[0-9]{10}([0-9]+|[*])$' THEN
        RAISE EXCEPTION 'historia.reservados no dice de qué médico' USING ERRCODE = 'HC001';
    END IF;
    IF abs(extract(epoch FROM clock_timestamp()) - substr(dicho, 65, 10)::bigint) > 300 THEN
        RAISE EXCEPTION 'historia.reservados es de otra hora' USING ERRCODE = 'HC001';
    END IF;
    SELECT decode(split_part(split_part(rolpassword, '$', 2), ':', 2), 'base64') INTO claves FROM pg_authid WHERE rolname = 'historia_contexto';
    FOR una IN 0 .. coalesce(length(claves), 0) / 64 - 1 LOOP
        firma := sha256(substr(claves, una * 64 + 1, 32) || relleno || sha256(substr(claves, una * 64 + 33, 32) || relleno || mensaje));
        IF sha256(firma) = sha256(decode(left(dicho, 64), 'hex')) THEN
            RETURN substr(dicho, 75) IN ('*', medico::text);
        END IF;
    END LOOP;
    RAISE EXCEPTION 'historia.reservados no lleva una firma de esta instalación' USING ERRCODE = 'HC001';
END $$;

COMMENT ON FUNCTION public.ve_reservado IS 'Si esta transacción puede tocar lo que ese médico reservó; error si lo dice y no está firmado';

-- What is known of a person and a patient, in one call that Citus sends to the patient's node. In one statement over several tables it is the
-- planning of it, on two nodes, that takes the time; of a statement about one table, with its key and all else as constants, there is next to
-- none. Hence the texts that are put together.
--
-- Of a patient who may not exist: then nothing holds. What is wanted (que) hangs on who asks, never on the patient: as much is asked in every
-- case, or the time would tell who is there. Runs as the owner, for whom no policy holds: so it asks for the signed context itself, by a text
-- as well, whose answer no plan keeps.
CREATE FUNCTION public.hechos_de_acceso(paciente text, usuario text, persona uuid, en_sesion uuid, que text[]) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    momento constant text := to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00');
    de text;
    relacion boolean;
    orden boolean;
    propio boolean;
    emergencia boolean;
    negativas json;
BEGIN
    EXECUTE 'SELECT public.contexto_paciente()' INTO de;
    IF de <> paciente THEN
        RAISE EXCEPTION 'historia.contexto es de otro paciente' USING ERRCODE = 'HC001';
    END IF;
    IF 'relacion' = ANY (que) THEN
        EXECUTE format('SELECT true FROM public.relaciones_atencion WHERE paciente_id = %L AND usuario_id = %L AND estado = ''activa'''
                       ' AND desde <= %L AND (hasta IS NULL OR %L < hasta) LIMIT 1', paciente, usuario, momento, momento) INTO relacion;
    END IF;
    IF 'orden' = ANY (que) THEN
        EXECUTE format('SELECT true FROM public.ordenes WHERE paciente_id = %L AND estado <> ''anulada'' LIMIT 1', paciente) INTO orden;
    END IF;
    IF 'propio' = ANY (que) THEN
        EXECUTE format('SELECT true FROM public.pacientes WHERE cedula = %L AND id = %L AND estado <> ''fusionado''', paciente, persona)
           INTO propio;
    END IF;
    IF 'emergencia' = ANY (que) THEN
        EXECUTE format('SELECT true FROM public.accesos_emergencia WHERE paciente_id = %L AND usuario_id = %L AND sesion = %L'
                       ' AND %L < expira LIMIT 1', paciente, usuario, en_sesion, momento) INTO emergencia;
    END IF;
    EXECUTE format('SELECT json_agg(json_build_object(''categorias'', categorias, ''destinatarios'', destinatarios, ''propositos'', propositos))'
                   ' FROM public.consentimientos WHERE paciente_id = %L AND estado = ''activo'' AND decision = ''niega'''
                   ' AND tipo IN (''tratamiento_datos'', ''compartir_terceros'') AND desde <= %L AND (hasta IS NULL OR %L < hasta)',
                   paciente, momento, momento) INTO negativas;
    RETURN json_build_object('relacion', coalesce(relacion, false), 'orden', coalesce(orden, false), 'propio', coalesce(propio, false),
                             'emergencia', coalesce(emergencia, false), 'negativas', coalesce(negativas, '[]'));
END $$;

COMMENT ON FUNCTION public.hechos_de_acceso IS 'Lo que se pregunta de un usuario y un paciente, y lo que este negó; de un paciente que no existe, nada';

-- As 0011 made it, but for whom nobody knows: what would be written is written and taken back, so that neither the work nor the wait for the
-- disk at the end tells whether the number is a patient's.
CREATE OR REPLACE FUNCTION public.anotar_auditoria(
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
    nadie boolean := false;
    fila text;
    avance text;
BEGIN
    IF NOT pg_has_role(session_user, 'historia_app', 'MEMBER') THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for function anotar_auditoria';
    END IF;
    EXECUTE format('SELECT seq, hash FROM public.%I WHERE %I = %L FOR NO KEY UPDATE', filas || '_cabeza', llave, cadena) INTO cabeza;
    IF cabeza.seq IS NULL AND NOT sistema AND NOT conocido THEN
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM public.pacientes WHERE cedula = %L)', cadena) INTO nadie;
    END IF;
    IF cabeza.seq IS NULL AND NOT nadie THEN
        EXECUTE format('INSERT INTO public.%I (%I, seq, hash) VALUES (%L, 0, %L) ON CONFLICT DO NOTHING',
                       filas || '_cabeza', llave, cadena, decode(repeat('00', 32), 'hex'));
        EXECUTE format('SELECT seq, hash FROM public.%I WHERE %I = %L FOR NO KEY UPDATE', filas || '_cabeza', llave, cadena) INTO cabeza;
    ELSIF nadie THEN
        SELECT 0::bigint AS seq, decode(repeat('00', 32), 'hex') AS hash INTO cabeza;
    END IF;
    momento := clock_timestamp();
    huella := sha256(cabeza.hash || convert_to(json_build_array(
        formato, cadena, cabeza.seq + 1, to_char(momento AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado, ip, agente, peticion_id, consulta, vinculo, vinculado
    )::text, 'UTF8'));
    fila := format(
        'INSERT INTO public.%I (%I, seq, formato, ocurrido, usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado,'
        ' ip, agente, peticion_id, consulta, vinculo, vinculado, hash_previo, hash)'
        ' VALUES (%L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L)',
        filas, llave, cadena, cabeza.seq + 1, formato, momento, usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado,
        ip, agente, peticion_id, consulta, vinculo, vinculado, cabeza.hash, huella);
    avance := format('UPDATE public.%I SET seq = %L, hash = %L WHERE %I = %L', filas || '_cabeza', cabeza.seq + 1, huella, llave, cadena);
    IF nadie THEN
        BEGIN
            EXECUTE fila;
            EXECUTE avance;
            RAISE EXCEPTION 'no hay tal cadena' USING ERRCODE = 'HC002';
        EXCEPTION WHEN SQLSTATE 'HC002' THEN
            RETURN NULL;
        END;
    END IF;
    EXECUTE fila;
    EXECUTE avance;
    RETURN cabeza.seq + 1;
END $$;
