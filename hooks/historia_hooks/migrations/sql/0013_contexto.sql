-- Whose rows a transaction of the API may touch. Each says so before its first statement about patients, in historia.contexto: 64 hexadecimal
-- digits, ten digits of seconds since 1970, and the number of the patient, or * for the lists of all of them. The digits are an HMAC of the
-- rest with keys that only the API and this function know, so that whoever has the role's password alone reads nobody (context_key.py).
--
-- The policies of the tables (historia_hooks/schema.py) call it. It is said to be immutable so that the planner calls it, and puts what it
-- answers in its place: a query plans as if there were no policy but a condition on the key, or none at all, indexes serve as before, and what
-- is wrong is an error of any query, also of one that would find nothing. A plan that is kept across transactions would keep the answer too:
-- historia_app comes by one only in a session that had that very context before.
--
-- The keys are in the verifier of a role that cannot log in: a place that every node has, that only a superuser reads, and no table of Citus',
-- which a query on a shard may not ask.
CREATE FUNCTION public.contexto_paciente() RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    dicho constant text := coalesce(current_setting('historia.contexto', true), '');
    mensaje constant bytea := convert_to(substr(dicho, 65), 'UTF8');
    relleno constant bytea := decode(repeat('00', 32), 'hex');
    claves bytea;
    firma bytea;
BEGIN
    IF dicho !~ '^[0-9a-f]{64}[0-9]{10}.' THEN
        RAISE EXCEPTION 'falta historia.contexto: de quién son las filas' USING ERRCODE = 'HC001';
    END IF;
    IF abs(extract(epoch FROM clock_timestamp()) - substr(dicho, 65, 10)::bigint) > 300 THEN
        RAISE EXCEPTION 'historia.contexto es de otra hora' USING ERRCODE = 'HC001';
    END IF;
    SELECT decode(split_part(split_part(rolpassword, '$', 2), ':', 2), 'base64') INTO claves FROM pg_authid WHERE rolname = 'historia_contexto';
    FOR una IN 0 .. coalesce(length(claves), 0) / 64 - 1 LOOP
        firma := sha256(substr(claves, una * 64 + 1, 32) || relleno || sha256(substr(claves, una * 64 + 33, 32) || relleno || mensaje));
        -- of the digests it matters to nobody how much of them is equal
        IF sha256(firma) = sha256(decode(left(dicho, 64), 'hex')) THEN
            RETURN substr(dicho, 75);
        END IF;
    END LOOP;
    RAISE EXCEPTION 'historia.contexto no lleva una firma de esta instalación' USING ERRCODE = 'HC001';
END $$;

COMMENT ON FUNCTION public.contexto_paciente IS 'Número del paciente cuyas filas puede tocar esta transacción, o * en las listas; error si no está firmado';
