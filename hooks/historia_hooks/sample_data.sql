-- The laboratory's sample rows. Every person here is invented. Running it again changes nothing: each row has a fixed key.

INSERT INTO public.usuario (documento_id, nombre, email) VALUES
    ('USUARIO-001', 'Usuario Ficticio Uno', 'uno@hospital.com'),
    ('USUARIO-002', 'Usuaria Ficticia Dos', 'dos@hospital.com'),
    ('USUARIO-003', 'Usuario Ficticio Tres', 'tres@hospital.com'),
    ('USUARIO-004', 'Usuaria Ficticia Cuatro', 'cuatro@hospital.com'),
    ('USUARIO-005', 'Usuario Ficticio Cinco', 'cinco@hospital.com')
ON CONFLICT DO NOTHING;

INSERT INTO public.medicos (nombre, apellido, especialidad, codigo_medico, telefono, email) VALUES
    ('Clara', 'Ejemplo', 'Medicina general', 'MED001', '555-0101', 'clara.ejemplo@hospital.com'),
    ('Bruno', 'Muestra', 'Cardiología', 'MED002', '555-0102', 'bruno.muestra@hospital.com'),
    ('Delia', 'Ficticia', 'Pediatría', 'MED003', '555-0103', 'delia.ficticia@hospital.com'),
    ('Elías', 'Inventado', 'Dermatología', 'MED004', '555-0104', 'elias.inventado@hospital.com'),
    ('Flora', 'Simulada', 'Medicina interna', 'MED005', '555-0105', 'flora.simulada@hospital.com')
ON CONFLICT DO NOTHING;

INSERT INTO public.pacientes (cedula, nombre, apellido, fecha_nacimiento, telefono, direccion, ciudad) VALUES
    ('0102030405', 'Ana', 'Ejemplo', '1980-01-15', '555-0201', 'Calle Inventada 1', 'Quito'),
    ('1000000001', 'Benito', 'Muestra', '1975-06-30', '555-0202', 'Calle Inventada 2', 'Bogotá'),
    ('1000000002', 'Carla', 'Ficticia', '1990-11-02', '555-0203', 'Calle Inventada 3', 'Lima'),
    ('1000000003', 'Darío', 'Inventado', '1966-03-21', '555-0204', 'Calle Inventada 4', 'Quito'),
    ('1000000004', 'Elena', 'Simulada', '2001-09-09', '555-0205', 'Calle Inventada 5', 'Cuenca'),
    ('1000000005', 'Fabio', 'Imaginario', '1958-12-24', '555-0206', 'Calle Inventada 6', 'Bogotá'),
    ('1000000006', 'Gloria', 'Prueba', '1987-07-07', '555-0207', 'Calle Inventada 7', 'Medellín'),
    ('1000000007', 'Hugo', 'Demostración', '1995-05-18', '555-0208', 'Calle Inventada 8', 'Lima'),
    ('1000000008', 'Inés', 'Supuesta', '2010-02-28', '555-0209', 'Calle Inventada 9', 'Guayaquil'),
    ('1000000009', 'Julio', 'Modelo', '1948-10-10', '555-0210', 'Calle Inventada 10', 'Cali')
ON CONFLICT DO NOTHING;

-- One consulta a patient, with the medico of the same turn; the identifiers are fixed.

INSERT INTO public.consultas (paciente_id, id, medico_id, diagnostico, tratamiento)
SELECT '0102030405', '00000000-0000-4000-8000-000000000001', id, 'Control anual sin hallazgos', 'Hábitos saludables' FROM public.medicos WHERE codigo_medico = 'MED001'
ON CONFLICT DO NOTHING;

INSERT INTO public.consultas (paciente_id, id, medico_id, diagnostico, tratamiento)
SELECT '1000000001', '00000000-0000-4000-8000-000000000002', id, 'Hipertensión arterial leve', 'Dieta baja en sal' FROM public.medicos WHERE codigo_medico = 'MED002'
ON CONFLICT DO NOTHING;

INSERT INTO public.consultas (paciente_id, id, medico_id, diagnostico, tratamiento)
SELECT '1000000002', '00000000-0000-4000-8000-000000000003', id, 'Resfriado común', 'Reposo y líquidos' FROM public.medicos WHERE codigo_medico = 'MED003'
ON CONFLICT DO NOTHING;

INSERT INTO public.consultas (paciente_id, id, medico_id, diagnostico, tratamiento)
SELECT '1000000003', '00000000-0000-4000-8000-000000000004', id, 'Dermatitis de contacto', 'Crema hidratante' FROM public.medicos WHERE codigo_medico = 'MED004'
ON CONFLICT DO NOTHING;

INSERT INTO public.consultas (paciente_id, id, medico_id, diagnostico, tratamiento)
SELECT '1000000004', '00000000-0000-4000-8000-000000000005', id, 'Cefalea tensional', 'Analgésico ocasional' FROM public.medicos WHERE codigo_medico = 'MED005'
ON CONFLICT DO NOTHING;

INSERT INTO public.consultas (paciente_id, id, medico_id, diagnostico, tratamiento)
SELECT '1000000005', '00000000-0000-4000-8000-000000000006', id, 'Artrosis de rodilla', 'Fisioterapia' FROM public.medicos WHERE codigo_medico = 'MED001'
ON CONFLICT DO NOTHING;

INSERT INTO public.consultas (paciente_id, id, medico_id, diagnostico, tratamiento)
SELECT '1000000006', '00000000-0000-4000-8000-000000000007', id, 'Anemia leve', 'Hierro por vía oral' FROM public.medicos WHERE codigo_medico = 'MED002'
ON CONFLICT DO NOTHING;

INSERT INTO public.consultas (paciente_id, id, medico_id, diagnostico, tratamiento)
SELECT '1000000007', '00000000-0000-4000-8000-000000000008', id, 'Esguince de tobillo', 'Vendaje y reposo' FROM public.medicos WHERE codigo_medico = 'MED003'
ON CONFLICT DO NOTHING;

INSERT INTO public.consultas (paciente_id, id, medico_id, diagnostico, tratamiento)
SELECT '1000000008', '00000000-0000-4000-8000-000000000009', id, 'Faringitis', 'Analgésico y líquidos' FROM public.medicos WHERE codigo_medico = 'MED004'
ON CONFLICT DO NOTHING;

INSERT INTO public.consultas (paciente_id, id, medico_id, diagnostico, tratamiento)
SELECT '1000000009', '00000000-0000-4000-8000-000000000010', id, 'Control de glucosa', 'Seguimiento en tres meses' FROM public.medicos WHERE codigo_medico = 'MED005'
ON CONFLICT DO NOTHING;
