//! The compiled form: a tree whose branches know the types of what they read, so that nothing is looked up by name and
//! no type is asked for while it is evaluated, other than where a value is read from the context.

use jiff::tz::TimeZone;

use crate::{
    function::Function,
    pattern::Pattern,
    position::Span,
    syntax::LoopKind,
    time::Part,
    typed::{Arithmetic, Constant, Relation},
};

/// A variable or an element of a loop, and fields of it.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) root: Root,
    /// The places of the fields; only the first `length` count.
    fields: [u16; MAX_FIELDS],
    length: u8,
    pub(crate) at: Span,
}

/// Most fields of a path: they lie in the path itself, so that reading one looks nowhere else.
const MAX_FIELDS: usize = 5;

impl Path {
    /// A path, if it is short enough for one.
    pub(crate) fn new(root: Root, places: &[usize], at: Span) -> Option<Self> {
        let mut fields = [0; MAX_FIELDS];
        for (index, place) in places.iter().enumerate() {
            *fields.get_mut(index)? = u16::try_from(*place).ok()?;
        }
        Some(Self {
            root,
            fields,
            length: u8::try_from(places.len()).ok()?,
            at,
        })
    }

    /// The places of the fields, from the root on.
    #[inline]
    pub(crate) fn fields(&self) -> &[u16] {
        self.fields.get(..usize::from(self.length)).unwrap_or_default()
    }
}

/// Where a path begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Root {
    Variable(usize),
    Local(usize),
}

/// Gives a bool.
#[derive(Debug)]
pub(crate) enum Condition {
    Constant(bool),
    Path(Path),
    Value(Box<Node>, Span),
    Not(Box<Condition>),
    Every(Box<[Condition]>),
    Any(Box<[Condition]>),
    CompareInts(Relation, Box<[Whole; 2]>),
    CompareDoubles(Relation, Box<[Real; 2]>),
    CompareStrings(Relation, Box<[Text; 2]>),
    Compare(Relation, Box<[Node; 2]>),
    HasField(Box<Node>, usize),
    HasKey(Box<(Node, Text)>),
    /// In a list of literals, which are sorted.
    OneOfStrings(Box<Text>, Box<[Box<str>]>),
    /// In a list of literals, which are sorted.
    OneOfInts(Box<Whole>, Box<[i64]>),
    InList(Box<[Node; 2]>),
    Contains(Box<[Text; 2]>),
    StartsWith(Box<[Text; 2]>),
    EndsWith(Box<[Text; 2]>),
    Matches(Box<Text>, Box<Pattern>),
    FromText(Box<Text>, Span),
    Loop(LoopKind, Box<Each<Condition>>),
}

/// Gives an int.
#[derive(Debug)]
pub(crate) enum Whole {
    Constant(i64),
    Path(Path),
    Value(Box<Node>, Span),
    Negate(Box<Whole>, Span),
    Arithmetic(Arithmetic, Box<[Whole; 2]>, Span),
    SizeOfText(Box<Text>),
    Size(Box<Node>),
    /// The size of what `filter` gives, without making the list.
    Count(Box<Each<Condition>>),
    FromReal(Box<Real>, Span),
    FromText(Box<Text>, Span),
    FromMoment(Box<Node>),
    Part(Part, Box<Node>, Calendar),
}

/// Gives a double.
#[derive(Debug)]
pub(crate) enum Real {
    Constant(f64),
    Path(Path),
    Value(Box<Node>, Span),
    Negate(Box<Real>),
    Arithmetic(Arithmetic, Box<[Real; 2]>),
    FromWhole(Box<Whole>),
    FromText(Box<Text>, Span),
}

/// Gives a string.
#[derive(Debug)]
pub(crate) enum Text {
    Constant(Box<str>),
    Path(Path),
    Value(Box<Node>, Span),
    Join(Box<[Text; 2]>),
    /// A value of another type, written as a string.
    From(Box<Node>),
}

/// Gives a value of any type.
#[derive(Debug)]
pub(crate) enum Node {
    Constant(Constant),
    Path(Path),
    /// A field of a record that is no path.
    Field(Box<Node>, usize, Span),
    Element(Box<(Node, Whole)>, Span),
    Entry(Box<(Node, Text)>, Span),
    Choice(Box<(Condition, Node, Node)>),
    Condition(Box<Condition>),
    Whole(Box<Whole>),
    Real(Box<Real>),
    Text(Box<Text>),
    /// Between moments and durations.
    TimeArithmetic(Arithmetic, Box<[Node; 2]>, Span),
    /// A moment out of a string or an int.
    ToTimestamp(Box<Node>, Span),
    ToDuration(Box<Text>, Span),
    List(Box<[Node]>),
    Map(Box<[(Text, Node)]>),
    JoinLists(Box<[Node; 2]>),
    Filter(Box<Each<Condition>>),
    MapEach(Box<Each<(Option<Condition>, Node)>>),
    Own(Box<Call>),
}

/// Goes through a list, or the keys of a map.
#[derive(Debug)]
pub(crate) struct Each<B> {
    /// Which slot holds the element.
    pub(crate) slot: usize,
    pub(crate) range: Node,
    pub(crate) body: B,
}

/// A call of a function of the schema.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) function: Function,
    pub(crate) arguments: Box<[Node]>,
    pub(crate) at: Span,
}

/// The calendar by which a moment is looked at.
#[derive(Debug)]
pub(crate) enum Calendar {
    Known(TimeZone),
    Named(Box<Text>, Span),
}
