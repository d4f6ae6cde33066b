//! The catalog as of one timestamp: immutable, shared, cheap to derive from another.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use functions::{BuiltinTypes, TypeCatalog, TypeFacts, TypeKind};
use protocol::key::{DESCRIPTOR_TABLE, NAME_TABLE, PRIMARY_INDEX, prefix};
use protocol::{TableId, Timestamp};
use types::Oid;

use crate::descriptor::{
    Database, Descriptor, Extension, Relation, RelationKind, Role, Routine, Schema, UserType,
    UserTypeKind,
};
use crate::statistics::ExtendedStatistics;

/// The version byte before each stored descriptor.
const DESCRIPTOR_VERSION: u8 = 1;

/// `pg_catalog`, as PostgreSQL numbers it.
pub const PG_CATALOG: Oid = 11;
/// `public`.
pub const PUBLIC: Oid = 2_200;
/// `information_schema`.
pub const INFORMATION_SCHEMA: Oid = 13_000;
/// `pg_toast`: exists because clients name it.
pub const PG_TOAST: Oid = 99;
/// `sys`: Quorate's own views and functions.
pub const SYS: Oid = 13_001;
/// The role that owns everything at first: `admin`.
pub const BOOTSTRAP_ROLE: Oid = 10;
/// The database `postgres`.
pub const BOOTSTRAP_DATABASE: Oid = 5;

/// A change to one descriptor.
#[derive(Clone, Debug, PartialEq)]
pub enum DescriptorChange {
    Put(Descriptor),
    Remove(Oid),
}

/// All descriptors as of one timestamp, with the system's own relations.
#[derive(Clone, Default)]
pub struct Catalog {
    /// When the newest of these descriptors was committed; changes made by the running transaction leave it as it was.
    pub version: Timestamp,
    databases: BTreeMap<Oid, Arc<Database>>,
    schemas: BTreeMap<Oid, Arc<Schema>>,
    relations: BTreeMap<Oid, Arc<Relation>>,
    roles: BTreeMap<Oid, Arc<Role>>,
    types: BTreeMap<Oid, Arc<UserType>>,
    extensions: BTreeMap<Oid, Arc<Extension>>,
    routines: BTreeMap<Oid, Arc<Routine>>,
    routine_names: HashMap<String, Vec<Oid>>,
    statistics: BTreeMap<Oid, Arc<ExtendedStatistics>>,
    schema_names: HashMap<String, Oid>,
    relation_names: HashMap<(Oid, String), Oid>,
    /// Indexes share the relations' names: (schema, name) → (table, index).
    index_names: HashMap<(Oid, String), (Oid, Oid)>,
    index_owners: HashMap<Oid, Oid>,
    role_names: HashMap<String, Oid>,
    type_names: HashMap<(Oid, String), Oid>,
    /// Array type → element type, for types that users made (row types of tables included).
    array_elements: HashMap<Oid, Oid>,
    /// Row type → relation.
    row_types: HashMap<Oid, Oid>,
    table_ids: HashMap<TableId, Oid>,
}

impl Descriptor {
    pub fn oid(&self) -> Oid {
        match self {
            Descriptor::Database(database) => database.oid,
            Descriptor::Schema(schema) => schema.oid,
            Descriptor::Relation(relation) => relation.oid,
            Descriptor::Role(role) => role.oid,
            Descriptor::Type(user_type) => user_type.oid,
            Descriptor::Extension(extension) => extension.oid,
            Descriptor::Routine(routine) => routine.oid,
            Descriptor::Statistics(statistics) => statistics.oid,
        }
    }

    /// The keys in the name table that this descriptor holds: two descriptors with the same name conflict there.
    pub fn name_keys(&self) -> Vec<Bytes> {
        let key = |kind: u8, parent: Oid, name: &str| {
            let mut key = prefix(NAME_TABLE, PRIMARY_INDEX).to_vec();
            key.push(kind);
            key.extend_from_slice(&parent.to_be_bytes());
            key.extend_from_slice(name.as_bytes());
            Bytes::from(key)
        };
        match self {
            Descriptor::Database(database) => vec![key(b'd', 0, &database.name)],
            Descriptor::Schema(schema) => vec![key(b'n', 0, &schema.name)],
            Descriptor::Role(role) => vec![key(b'a', 0, &role.name)],
            Descriptor::Type(user_type) => vec![key(b't', user_type.schema, &user_type.name)],
            Descriptor::Extension(extension) => vec![key(b'e', 0, &extension.name)],
            Descriptor::Statistics(statistics) => {
                vec![key(b's', statistics.schema, &statistics.name)]
            }
            Descriptor::Routine(routine) => {
                let mut name = routine.name.clone();
                for ty in routine.input_types() {
                    name.push_str(&format!("\0{ty}"));
                }
                vec![key(b'f', routine.schema, &name)]
            }
            Descriptor::Relation(relation) => {
                let mut keys = vec![key(b'r', relation.schema, &relation.name)];
                keys.extend(
                    relation.indexes.iter().map(|index| key(b'r', relation.schema, &index.name)),
                );
                keys
            }
        }
    }

    pub fn encode(&self) -> Bytes {
        let mut bytes = vec![DESCRIPTOR_VERSION];
        bytes.extend(postcard::to_stdvec(self).expect("descriptors always serialize"));
        Bytes::from(bytes)
    }

    /// `None` for bytes that no version of this program wrote.
    pub fn decode(bytes: &[u8]) -> Option<Descriptor> {
        let (version, body) = bytes.split_first()?;
        if *version != DESCRIPTOR_VERSION {
            return None;
        }
        postcard::from_bytes(body).ok()
    }
}

/// Where the descriptor of `oid` is stored.
pub fn descriptor_key(oid: Oid) -> Bytes {
    let mut key = prefix(DESCRIPTOR_TABLE, PRIMARY_INDEX).to_vec();
    key.push(1);
    key.extend_from_slice(&(u64::from(oid) ^ (1 << 63)).to_be_bytes());
    Bytes::from(key)
}

impl Catalog {
    /// The catalog of these descriptors, and of the system's own virtual relations.
    pub fn new(version: Timestamp, descriptors: impl IntoIterator<Item = Descriptor>) -> Catalog {
        let mut catalog = Catalog { version, ..Catalog::default() };
        for relation in crate::system_relations() {
            catalog.put(Descriptor::Relation(Box::new(relation)));
        }
        for descriptor in descriptors {
            catalog.put(descriptor);
        }
        catalog
    }

    /// This catalog after some changes, as the transaction that makes them sees it.
    pub fn with_changes(&self, changes: &[DescriptorChange]) -> Catalog {
        let mut catalog = self.clone();
        for change in changes {
            match change {
                DescriptorChange::Put(descriptor) => catalog.put(descriptor.clone()),
                DescriptorChange::Remove(oid) => catalog.remove(*oid),
            }
        }
        catalog
    }

    /// The stored descriptor of `oid`; the system's virtual relations have none.
    pub fn descriptor(&self, oid: Oid) -> Option<Descriptor> {
        if let Some(relation) = self.relations.get(&oid) {
            return (!relation.is_virtual())
                .then(|| Descriptor::Relation(Box::new((**relation).clone())));
        }
        if let Some(schema) = self.schemas.get(&oid) {
            return Some(Descriptor::Schema((**schema).clone()));
        }
        if let Some(role) = self.roles.get(&oid) {
            return Some(Descriptor::Role((**role).clone()));
        }
        if let Some(user_type) = self.types.get(&oid) {
            return Some(Descriptor::Type((**user_type).clone()));
        }
        if let Some(extension) = self.extensions.get(&oid) {
            return Some(Descriptor::Extension((**extension).clone()));
        }
        if let Some(routine) = self.routines.get(&oid) {
            return Some(Descriptor::Routine(Box::new((**routine).clone())));
        }
        if let Some(statistics) = self.statistics.get(&oid) {
            return Some(Descriptor::Statistics((**statistics).clone()));
        }
        self.databases.get(&oid).map(|database| Descriptor::Database((**database).clone()))
    }

    fn remove(&mut self, oid: Oid) {
        if let Some(schema) = self.schemas.remove(&oid) {
            self.schema_names.remove(&schema.name);
        }
        if let Some(role) = self.roles.remove(&oid) {
            self.role_names.remove(&role.name);
        }
        if let Some(user_type) = self.types.remove(&oid) {
            self.type_names.remove(&(user_type.schema, user_type.name.clone()));
            self.array_elements.remove(&user_type.array_oid);
        }
        if let Some(relation) = self.relations.remove(&oid) {
            self.relation_names.remove(&(relation.schema, relation.name.clone()));
            self.array_elements.remove(&relation.array_type_oid);
            self.row_types.remove(&relation.type_oid);
            self.table_ids.remove(&relation.table_id);
            for index in &relation.indexes {
                self.index_names.remove(&(relation.schema, index.name.clone()));
                self.index_owners.remove(&index.oid);
            }
        }
        self.extensions.remove(&oid);
        self.statistics.remove(&oid);
        if let Some(routine) = self.routines.remove(&oid)
            && let Some(named) = self.routine_names.get_mut(&routine.name)
        {
            named.retain(|known| *known != oid);
        }
        self.databases.remove(&oid);
    }

    fn put(&mut self, descriptor: Descriptor) {
        self.remove(descriptor.oid());
        match descriptor {
            Descriptor::Database(database) => {
                self.databases.insert(database.oid, Arc::new(database));
            }
            Descriptor::Schema(schema) => {
                self.schema_names.insert(schema.name.clone(), schema.oid);
                self.schemas.insert(schema.oid, Arc::new(schema));
            }
            Descriptor::Role(role) => {
                self.role_names.insert(role.name.clone(), role.oid);
                self.roles.insert(role.oid, Arc::new(role));
            }
            Descriptor::Type(user_type) => {
                self.type_names.insert((user_type.schema, user_type.name.clone()), user_type.oid);
                self.array_elements.insert(user_type.array_oid, user_type.oid);
                self.types.insert(user_type.oid, Arc::new(user_type));
            }
            Descriptor::Extension(extension) => {
                self.extensions.insert(extension.oid, Arc::new(extension));
            }
            Descriptor::Statistics(statistics) => {
                self.statistics.insert(statistics.oid, Arc::new(statistics));
            }
            Descriptor::Routine(routine) => {
                self.routine_names.entry(routine.name.clone()).or_default().push(routine.oid);
                self.routines.insert(routine.oid, Arc::from(routine));
            }
            Descriptor::Relation(relation) => {
                let name = (relation.schema, relation.name.clone());
                self.relation_names.insert(name, relation.oid);
                if relation.type_oid != 0 {
                    self.row_types.insert(relation.type_oid, relation.oid);
                    self.array_elements.insert(relation.array_type_oid, relation.type_oid);
                }
                if !relation.is_virtual() {
                    self.table_ids.insert(relation.table_id, relation.oid);
                }
                for index in &relation.indexes {
                    let name = (relation.schema, index.name.clone());
                    self.index_names.insert(name, (relation.oid, index.oid));
                    self.index_owners.insert(index.oid, relation.oid);
                }
                self.relations.insert(relation.oid, Arc::from(relation));
            }
        }
    }

    /// What CREATE STATISTICS made.
    pub fn extended_statistics(&self) -> impl Iterator<Item = &Arc<ExtendedStatistics>> {
        self.statistics.values()
    }

    pub fn statistics(&self, oid: Oid) -> Option<&Arc<ExtendedStatistics>> {
        self.statistics.get(&oid)
    }

    pub fn statistics_by_name(&self, schema: Oid, name: &str) -> Option<&Arc<ExtendedStatistics>> {
        self.statistics.values().find(|known| known.schema == schema && known.name == name)
    }

    pub fn databases(&self) -> impl Iterator<Item = &Arc<Database>> {
        self.databases.values()
    }

    pub fn database_by_name(&self, name: &str) -> Option<&Arc<Database>> {
        self.databases.values().find(|database| database.name == name)
    }

    pub fn schemas(&self) -> impl Iterator<Item = &Arc<Schema>> {
        self.schemas.values()
    }

    pub fn schema(&self, oid: Oid) -> Option<&Arc<Schema>> {
        self.schemas.get(&oid)
    }

    pub fn schema_by_name(&self, name: &str) -> Option<&Arc<Schema>> {
        self.schemas.get(self.schema_names.get(name)?)
    }

    pub fn relations(&self) -> impl Iterator<Item = &Arc<Relation>> {
        self.relations.values()
    }

    pub fn relation(&self, oid: Oid) -> Option<&Arc<Relation>> {
        self.relations.get(&oid)
    }

    pub fn relation_by_name(&self, schema: Oid, name: &str) -> Option<&Arc<Relation>> {
        self.relations.get(self.relation_names.get(&(schema, name.to_owned()))?)
    }

    pub fn relation_of_table(&self, table: TableId) -> Option<&Arc<Relation>> {
        self.relations.get(self.table_ids.get(&table)?)
    }

    /// The table that an index belongs to, and the index's oid.
    pub fn index_by_name(&self, schema: Oid, name: &str) -> Option<(&Arc<Relation>, Oid)> {
        let (table, index) = self.index_names.get(&(schema, name.to_owned()))?;
        Some((self.relations.get(table)?, *index))
    }

    /// The table that owns the index.
    pub fn table_of_index(&self, index: Oid) -> Option<&Arc<Relation>> {
        self.relations.get(self.index_owners.get(&index)?)
    }

    /// Whether a relation or an index of that name exists in the schema.
    pub fn relation_name_taken(&self, schema: Oid, name: &str) -> bool {
        let key = (schema, name.to_owned());
        self.relation_names.contains_key(&key) || self.index_names.contains_key(&key)
    }

    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.roles.values()
    }

    pub fn role(&self, oid: Oid) -> Option<&Arc<Role>> {
        self.roles.get(&oid)
    }

    pub fn role_by_name(&self, name: &str) -> Option<&Arc<Role>> {
        self.roles.get(self.role_names.get(name)?)
    }

    pub fn user_types(&self) -> impl Iterator<Item = &Arc<UserType>> {
        self.types.values()
    }

    pub fn user_type(&self, oid: Oid) -> Option<&Arc<UserType>> {
        self.types.get(&oid)
    }

    pub fn user_type_by_name(&self, schema: Oid, name: &str) -> Option<&Arc<UserType>> {
        self.types.get(self.type_names.get(&(schema, name.to_owned()))?)
    }

    /// The relation whose rows have this type.
    pub fn relation_of_row_type(&self, type_oid: Oid) -> Option<&Arc<Relation>> {
        self.relations.get(self.row_types.get(&type_oid)?)
    }

    pub fn extensions(&self) -> impl Iterator<Item = &Arc<Extension>> {
        self.extensions.values()
    }

    pub fn routines(&self) -> impl Iterator<Item = &Arc<Routine>> {
        self.routines.values()
    }

    pub fn routine(&self, oid: Oid) -> Option<&Arc<Routine>> {
        self.routines.get(&oid)
    }

    /// All overloads of a name in a schema.
    pub fn routines_named(&self, schema: Oid, name: &str) -> Vec<&Arc<Routine>> {
        let named = self.routine_names.get(name).into_iter().flatten();
        named
            .filter_map(|oid| self.routines.get(oid))
            .filter(|routine| routine.schema == schema)
            .collect()
    }

    /// Whether `role` is `member_of` or a member of it, directly or through others.
    pub fn is_member(&self, role: Oid, member_of: Oid) -> bool {
        let mut seen = vec![role];
        let mut next = 0;
        while let Some(current) = seen.get(next).copied() {
            if current == member_of {
                return true;
            }
            next += 1;
            if let Some(role) = self.roles.get(&current) {
                for membership in &role.member_of {
                    if !seen.contains(&membership.role) {
                        seen.push(membership.role);
                    }
                }
            }
        }
        false
    }
}

/// Row types of relations answer as composite types, so that users may name them.
impl TypeCatalog for Catalog {
    fn facts(&self, type_oid: Oid) -> Option<TypeFacts> {
        if let Some(facts) = BuiltinTypes.facts(type_oid) {
            return Some(facts);
        }
        let made = |kind, category, array, element, base| TypeFacts {
            category,
            preferred: false,
            element,
            array,
            kind,
            base,
        };
        if let Some(user_type) = self.types.get(&type_oid) {
            return Some(match &user_type.kind {
                UserTypeKind::Enum(_) => made(TypeKind::Enum, 'E', user_type.array_oid, 0, 0),
                UserTypeKind::Composite(_) => {
                    made(TypeKind::Composite, 'C', user_type.array_oid, 0, 0)
                }
                UserTypeKind::Domain { base, .. } => {
                    let category = self.facts(*base).map_or('U', |facts| facts.category);
                    made(TypeKind::Domain, category, user_type.array_oid, 0, *base)
                }
            });
        }
        if let Some(element) = self.array_elements.get(&type_oid) {
            return Some(made(TypeKind::Base, 'A', 0, *element, 0));
        }
        let relation = self.relations.get(self.row_types.get(&type_oid)?)?;
        Some(made(TypeKind::Composite, 'C', relation.array_type_oid, 0, 0))
    }

    fn type_name(&self, type_oid: Oid) -> Option<String> {
        if let Some(name) = BuiltinTypes.type_name(type_oid) {
            return Some(name);
        }
        let qualified = |schema: Oid, name: &str| match self.schemas.get(&schema) {
            Some(schema) if schema.oid != PUBLIC && schema.oid != PG_CATALOG => {
                format!(
                    "{}.{}",
                    crate::quote_identifier(&schema.name),
                    crate::quote_identifier(name)
                )
            }
            _ => crate::quote_identifier(name),
        };
        if let Some(user_type) = self.types.get(&type_oid) {
            return Some(qualified(user_type.schema, &user_type.name));
        }
        if let Some(element) = self.array_elements.get(&type_oid) {
            return Some(format!("{}[]", self.type_name(*element)?));
        }
        let relation = self.relations.get(self.row_types.get(&type_oid)?)?;
        Some(qualified(relation.schema, &relation.name))
    }
}

/// PostgreSQL's roles that carry privileges and are granted to others; none can log in.
const PREDEFINED_ROLES: &[(Oid, &str)] = &[
    (6_171, "pg_database_owner"),
    (6_181, "pg_read_all_data"),
    (6_182, "pg_write_all_data"),
    (3_373, "pg_monitor"),
    (3_374, "pg_read_all_settings"),
    (3_375, "pg_read_all_stats"),
    (3_377, "pg_stat_scan_tables"),
    (4_200, "pg_signal_backend"),
    (4_544, "pg_checkpoint"),
    (4_550, "pg_use_reserved_connections"),
    (4_569, "pg_read_server_files"),
    (4_570, "pg_write_server_files"),
    (4_571, "pg_execute_server_program"),
    (6_304, "pg_create_subscription"),
];

/// A role of the bootstrap: the superuser that owns everything, or a predefined one that can do nothing by itself.
fn role(oid: Oid, name: &str, superuser: bool) -> Descriptor {
    Descriptor::Role(Role {
        oid,
        name: name.to_owned(),
        superuser,
        inherit: true,
        create_role: superuser,
        create_database: superuser,
        login: superuser,
        replication: superuser,
        bypass_row_security: superuser,
        connection_limit: -1,
        verifier: None,
        valid_until: None,
        member_of: Vec::new(),
        settings: Vec::new(),
        default_privileges: Vec::new(),
        comment: None,
    })
}

/// What a new database contains.
pub fn bootstrap_descriptors() -> Vec<Descriptor> {
    let schema = |oid, name: &str, comment: &str| {
        Descriptor::Schema(Schema {
            oid,
            name: name.to_owned(),
            owner: BOOTSTRAP_ROLE,
            grants: None,
            comment: Some(comment.to_owned()),
        })
    };
    let mut descriptors = vec![
        Descriptor::Database(Database {
            oid: BOOTSTRAP_DATABASE,
            name: "postgres".to_owned(),
            owner: BOOTSTRAP_ROLE,
            grants: None,
            comment: Some("default administrative connection database".to_owned()),
            settings: Vec::new(),
        }),
        schema(PG_CATALOG, "pg_catalog", "system catalog schema"),
        schema(INFORMATION_SCHEMA, "information_schema", "information schema of the SQL standard"),
        schema(PG_TOAST, "pg_toast", "reserved schema for TOAST tables"),
        schema(SYS, "sys", "Quorate's own views and functions"),
        schema(PUBLIC, "public", "standard public schema"),
        role(BOOTSTRAP_ROLE, "admin", true),
    ];
    descriptors.extend(PREDEFINED_ROLES.iter().map(|(oid, name)| role(*oid, name, false)));
    descriptors
}

/// Whether relations of this kind have rows in storage.
pub fn is_stored(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::Table | RelationKind::MaterializedView)
}
