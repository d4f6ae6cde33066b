//! `ALTER`, `DROP`, `COMMENT`, and privileges.

use super::*;

/// The kinds of objects that generic statements name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectType {
    AccessMethod,
    Aggregate,
    Attribute,
    Cast,
    Collation,
    Column,
    Constraint,
    Conversion,
    Database,
    Domain,
    DomainConstraint,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    ForeignTable,
    Function,
    Index,
    Language,
    LargeObject,
    MaterializedView,
    Operator,
    OperatorClass,
    OperatorFamily,
    Parameter,
    Policy,
    Procedure,
    Publication,
    Role,
    Routine,
    Rule,
    Schema,
    Sequence,
    Server,
    Statistics,
    Subscription,
    Table,
    Tablespace,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
    Transform,
    Trigger,
    Type,
    View,
}

/// An object as a generic statement names it.
#[derive(Debug, Clone, PartialEq)]
pub enum ObjectReference {
    Name(ObjectName),
    /// A type or domain.
    Type(TypeName),
    /// A function, aggregate or operator; `arguments` is `None` when no list was written.
    Routine {
        name: ObjectName,
        arguments: Option<Vec<FunctionParameter>>,
        star: bool,
    },
    /// `OPERATOR op (left, right)`; NONE is `None`.
    Operator {
        name: ObjectName,
        left: Option<TypeName>,
        right: Option<TypeName>,
    },
    /// A column's name is the last part of `Name`; a trigger, rule, policy or constraint is here.
    OnTable {
        name: String,
        table: ObjectName,
    },
    OnDomain {
        name: String,
        domain: TypeName,
    },
    /// An operator class or family with its access method.
    UsingMethod {
        name: ObjectName,
        method: String,
    },
    Cast {
        source: TypeName,
        target: TypeName,
    },
    Transform {
        type_name: TypeName,
        language: String,
    },
    LargeObject(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterTable {
    /// Table, Index, View, MaterializedView, Sequence, Type (composite) or ForeignTable.
    pub object_type: ObjectType,
    pub relation: RelationName,
    pub if_exists: bool,
    /// DSQL's `ALTER TABLE ASYNC`.
    pub asynchronous: bool,
    pub actions: Vec<AlterTableAction>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AlterTableAction {
    AddColumn {
        column: ColumnDefinition,
        if_not_exists: bool,
    },
    DropColumn {
        name: String,
        if_exists: bool,
        behavior: DropBehavior,
    },
    AlterColumn {
        column: ColumnSelector,
        action: AlterColumnAction,
    },
    AddConstraint(Constraint),
    DropConstraint {
        name: String,
        if_exists: bool,
        behavior: DropBehavior,
    },
    AlterConstraint {
        name: String,
        deferrable: bool,
        initially_deferred: bool,
    },
    ValidateConstraint(String),
    SetOptions(Vec<OptionItem>),
    ResetOptions(Vec<OptionItem>),
    /// `ENABLE | DISABLE [ALWAYS | REPLICA] TRIGGER name | ALL | USER`.
    Trigger {
        mode: FiringMode,
        target: TriggerSelector,
    },
    Rule {
        mode: FiringMode,
        name: String,
    },
    RowSecurity(RowSecurityMode),
    ClusterOn(String),
    SetWithoutCluster,
    SetWithoutOids,
    SetLogged(bool),
    SetTablespace(String),
    SetAccessMethod(Option<String>),
    OwnerTo(RoleName),
    Inherit {
        parent: ObjectName,
        remove: bool,
    },
    OfType(TypeName),
    NotOfType,
    ReplicaIdentity(ReplicaIdentity),
    AttachPartition {
        partition: ObjectName,
        bound: Option<PartitionBound>,
    },
    DetachPartition {
        partition: ObjectName,
        concurrently: bool,
        finalize: bool,
    },
    // Composite types.
    AddAttribute {
        column: ColumnDefinition,
        behavior: DropBehavior,
    },
    DropAttribute {
        name: String,
        if_exists: bool,
        behavior: DropBehavior,
    },
    AlterAttribute {
        name: String,
        type_name: TypeName,
        collation: Option<ObjectName>,
        behavior: DropBehavior,
    },
}

/// A column by name, or (for index statistics) by number.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnSelector {
    Name(Identifier),
    Number(u32),
}

#[derive(Debug, Clone, PartialEq)]
pub enum AlterColumnAction {
    SetDefault(Expr),
    DropDefault,
    SetNotNull,
    DropNotNull,
    SetExpression(Expr),
    DropExpression {
        if_exists: bool,
    },
    SetType {
        type_name: TypeName,
        collation: Option<ObjectName>,
        using: Option<Expr>,
    },
    /// `-1` or DEFAULT is `None`.
    SetStatistics(Option<i32>),
    SetStorage(String),
    SetCompression(String),
    SetOptions(Vec<OptionItem>),
    ResetOptions(Vec<OptionItem>),
    AddIdentity {
        always: bool,
        options: Vec<SequenceOption>,
    },
    /// `SET GENERATED ...`, `SET sequence option`, `RESTART`.
    SetIdentity {
        always: Option<bool>,
        options: Vec<SequenceOption>,
    },
    DropIdentity {
        if_exists: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiringMode {
    Enable,
    EnableAlways,
    EnableReplica,
    Disable,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TriggerSelector {
    Name(String),
    All,
    User,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowSecurityMode {
    Enable,
    Disable,
    Force,
    NoForce,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ReplicaIdentity {
    Nothing,
    Full,
    Default,
    Index(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterEnum {
    pub name: ObjectName,
    pub action: AlterEnumAction,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AlterEnumAction {
    AddValue { value: String, if_not_exists: bool, before: Option<String>, after: Option<String> },
    RenameValue { from: String, to: String },
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterDomain {
    pub name: ObjectName,
    pub action: AlterDomainAction,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AlterDomainAction {
    SetDefault(Expr),
    DropDefault,
    SetNotNull,
    DropNotNull,
    AddConstraint(Constraint),
    DropConstraint { name: String, if_exists: bool, behavior: DropBehavior },
    ValidateConstraint(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterRole {
    pub kind: RoleKind,
    pub role: RoleName,
    pub options: Vec<RoleOption>,
    /// `ALTER GROUP g ADD | DROP USER`: the members are in `options`; this says which.
    pub drop_members: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterRoleSetting {
    /// `None` is ALL.
    pub role: Option<RoleName>,
    pub database: Option<String>,
    pub setting: SetVariable,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterDatabase {
    pub name: Identifier,
    pub options: Vec<OptionItem>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterDatabaseSetting {
    pub name: Identifier,
    pub setting: SetVariable,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DropDatabase {
    pub name: Identifier,
    pub if_exists: bool,
    pub force: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterStatistics {
    pub name: ObjectName,
    pub if_exists: bool,
    pub target: i32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RenameObject {
    /// What is renamed: also Column, Constraint, Attribute of a table.
    pub object_type: ObjectType,
    pub object: ObjectReference,
    /// For Column, Constraint and Attribute: the old name within `object`.
    pub part: Option<Identifier>,
    /// For Column and Constraint: what kind of relation `object` is.
    pub relation_type: ObjectType,
    pub only: bool,
    pub if_exists: bool,
    pub new_name: String,
    pub behavior: DropBehavior,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterOwner {
    pub object_type: ObjectType,
    pub object: ObjectReference,
    pub owner: RoleName,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterObjectSchema {
    pub object_type: ObjectType,
    pub object: ObjectReference,
    pub if_exists: bool,
    pub schema: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DropObjects {
    pub object_type: ObjectType,
    pub objects: Vec<ObjectReference>,
    pub if_exists: bool,
    pub behavior: DropBehavior,
    /// `DROP INDEX CONCURRENTLY`.
    pub concurrently: bool,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DropRole {
    pub roles: Vec<RoleName>,
    pub if_exists: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DropOwned {
    pub roles: Vec<RoleName>,
    pub behavior: DropBehavior,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReassignOwned {
    pub roles: Vec<RoleName>,
    pub new_owner: RoleName,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    pub object_type: ObjectType,
    pub object: ObjectReference,
    /// `None` is NULL: no comment.
    pub text: Option<String>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SecurityLabel {
    pub provider: Option<String>,
    pub object_type: ObjectType,
    pub object: ObjectReference,
    pub label: Option<String>,
}

/// A privilege with the columns it is limited to.
#[derive(Debug, Clone, PartialEq)]
pub struct Privilege {
    /// Lower case; `None` is ALL.
    pub name: Option<String>,
    pub columns: Vec<String>,
}

/// `GRANT` and `REVOKE` on objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    pub is_grant: bool,
    /// Empty is ALL PRIVILEGES.
    pub privileges: Vec<Privilege>,
    pub object_type: ObjectType,
    pub target: GrantTarget,
    pub grantees: Vec<RoleName>,
    /// WITH GRANT OPTION, or GRANT OPTION FOR.
    pub grant_option: bool,
    pub granted_by: Option<RoleName>,
    pub behavior: DropBehavior,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GrantTarget {
    Objects(Vec<ObjectReference>),
    AllInSchema(Vec<String>),
    /// Only within ALTER DEFAULT PRIVILEGES.
    Defaults,
}

/// `GRANT role TO role` and `REVOKE role FROM role`.
#[derive(Debug, Clone, PartialEq)]
pub struct GrantRole {
    pub is_grant: bool,
    pub granted: Vec<Identifier>,
    pub grantees: Vec<RoleName>,
    /// `admin`, `inherit`, `set`, with the value; of REVOKE: the option taken away.
    pub options: Vec<(String, bool)>,
    pub granted_by: Option<RoleName>,
    pub behavior: DropBehavior,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct IamGrant {
    pub is_grant: bool,
    pub role: String,
    pub principal: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterDefaultPrivileges {
    pub roles: Vec<RoleName>,
    pub schemas: Vec<String>,
    pub grant: Grant,
}
