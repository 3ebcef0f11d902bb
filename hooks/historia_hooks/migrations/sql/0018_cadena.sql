-- As 0017 made it, but as many statements whoever's number it is, also where no chain was begun: a missing head is made as the first row leaves
-- it, and for nobody's number head and row are written alike and taken back. So neither the work nor the wait for the disk at the end tells
-- whether the number is a patient's.
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
    existe boolean;
    previo bytea;
    siguiente bigint;
    momento timestamptz;
    huella bytea;
    avance text;
    avanzadas bigint;
    fila text;
BEGIN
    IF NOT pg_has_role(session_user, 'historia_app', 'MEMBER') THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for function anotar_auditoria';
    END IF;
    LOOP
        EXECUTE format('SELECT seq, hash FROM public.%I WHERE %I = %L FOR NO KEY UPDATE', filas || '_cabeza', llave, cadena) INTO cabeza;
        siguiente := coalesce(cabeza.seq, 0) + 1;
        previo := coalesce(cabeza.hash, decode(repeat('00', 32), 'hex'));
        momento := clock_timestamp();
        huella := sha256(previo || convert_to(json_build_array(
            formato, cadena, siguiente, to_char(momento AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado, ip, agente, peticion_id, consulta, vinculo, vinculado
        )::text, 'UTF8'));
        avance := CASE WHEN cabeza.seq IS NULL
            THEN format('INSERT INTO public.%I (%I, seq, hash) VALUES (%L, %L, %L) ON CONFLICT DO NOTHING',
                        filas || '_cabeza', llave, cadena, siguiente, huella)
            ELSE format('UPDATE public.%I SET seq = %L, hash = %L WHERE %I = %L', filas || '_cabeza', siguiente, huella, llave, cadena) END;
        fila := format(
            'INSERT INTO public.%I (%I, seq, formato, ocurrido, usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado,'
            ' ip, agente, peticion_id, consulta, vinculo, vinculado, hash_previo, hash)'
            ' VALUES (%L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L)',
            filas, llave, cadena, siguiente, formato, momento, usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado,
            ip, agente, peticion_id, consulta, vinculo, vinculado, previo, huella);
        IF conocido THEN
            EXECUTE avance;
            GET DIAGNOSTICS avanzadas = ROW_COUNT;
            CONTINUE WHEN avanzadas = 0; -- somebody else has just begun the chain
            EXECUTE fila;
            RETURN siguiente;
        END IF;
        BEGIN
            EXECUTE format('SELECT EXISTS (SELECT FROM public.pacientes WHERE cedula = %L)', cadena) INTO existe;
            EXECUTE avance;
            GET DIAGNOSTICS avanzadas = ROW_COUNT;
            CONTINUE WHEN avanzadas = 0;
            EXECUTE fila;
            IF cabeza.seq IS NULL AND NOT existe THEN
                RAISE EXCEPTION 'no hay tal cadena' USING ERRCODE = 'HC002';
            END IF;
        EXCEPTION WHEN SQLSTATE 'HC002' THEN
            RETURN NULL;
        END;
        RETURN siguiente;
    END LOOP;
END $$;
