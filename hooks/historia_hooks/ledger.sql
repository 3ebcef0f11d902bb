-- What the coordinator keeps about its nodes. Local tables: no worker has this schema (see ledger.create).
CREATE SCHEMA IF NOT EXISTS historia_cluster;
COMMENT ON SCHEMA historia_cluster IS 'Registro de los nodos del clúster; lo llevan los hooks y solo existe en el coordinador';

CREATE TABLE IF NOT EXISTS historia_cluster.nodes (
    name              text        NOT NULL,
    port              integer     NOT NULL,
    ordinal           integer,
    node_id           integer     NOT NULL,
    group_id          integer     NOT NULL,
    server_id         text        NOT NULL,
    system_identifier text        NOT NULL,
    since             timestamptz NOT NULL DEFAULT now(),
    last_seen         timestamptz NOT NULL DEFAULT now(),
    state             text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    PRIMARY KEY (name, port)
);
COMMENT ON TABLE historia_cluster.nodes IS 'Un nodo por fila: con qué identidad entró en el clúster y si sigue en él';
COMMENT ON COLUMN historia_cluster.nodes.name IS 'Nombre con el que está registrado en Citus';
COMMENT ON COLUMN historia_cluster.nodes.port IS 'Puerto con el que está registrado en Citus';
COMMENT ON COLUMN historia_cluster.nodes.ordinal IS 'Posición entre los workers pedidos, desde 0; nulo en el coordinador';
COMMENT ON COLUMN historia_cluster.nodes.node_id IS 'Número del nodo en pg_dist_node; cambia cada vez que entra';
COMMENT ON COLUMN historia_cluster.nodes.group_id IS 'Grupo del nodo en pg_dist_node; los fragmentos se asignan a grupos';
COMMENT ON COLUMN historia_cluster.nodes.server_id IS 'Identidad que Citus dio al servidor al crear la extensión';
COMMENT ON COLUMN historia_cluster.nodes.system_identifier IS 'Identidad que PostgreSQL dio al volumen al crearlo';
COMMENT ON COLUMN historia_cluster.nodes.since IS 'Desde cuándo está en el clúster con esta identidad';
COMMENT ON COLUMN historia_cluster.nodes.last_seen IS 'Última vez que una orden sync lo encontró bien';
COMMENT ON COLUMN historia_cluster.nodes.state IS 'active: está en el clúster; retired: salió y su volumen puede volver';

CREATE TABLE IF NOT EXISTS historia_cluster.shard_counts (
    shard_id   bigint      PRIMARY KEY,
    patients   bigint      NOT NULL,
    counted_at timestamptz NOT NULL
);
COMMENT ON TABLE historia_cluster.shard_counts IS 'Cuántos pacientes había en cada fragmento (shard) la última vez que se contaron';
COMMENT ON COLUMN historia_cluster.shard_counts.shard_id IS 'Fragmento de la tabla pacientes (pg_dist_shard); el mismo donde quiera que esté';
COMMENT ON COLUMN historia_cluster.shard_counts.patients IS 'Pacientes en el fragmento';
COMMENT ON COLUMN historia_cluster.shard_counts.counted_at IS 'Cuándo se contaron: al final de sync y de drain';
