-- Patients are searched by name, beginning of the cédula and date of birth.
--
-- The words of the name are an index and not a column as in conceptos: a generated column would rewrite the table. The
-- expression is repeated, letter by letter, by the statement that searches; what it is made of is built in and immutable.
-- While the indexes are made, shard by shard, readers go on and writers of patients wait.

CREATE INDEX pacientes_nombre ON public.pacientes USING gin ((array_to_tsvector(string_to_array(btrim(regexp_replace(
    lower(regexp_replace(normalize(nombre || ' ' || apellido, NFKD), '[\u0300-\u036f]', '', 'g')),
    '[^a-z0-9]+', ' ', 'g')), ' '))));

-- The primary key does not serve LIKE where the collation is not C.
CREATE INDEX pacientes_cedula_comienzo ON public.pacientes (cedula text_pattern_ops);

CREATE INDEX pacientes_fecha_nacimiento ON public.pacientes (fecha_nacimiento);

-- Nothing is known of an expression until its index is analyzed, and autovacuum waits for rows to change: until then a
-- name that nobody has would be looked for in the order of the list, row by row.
ANALYZE public.pacientes;
