//! The compiled form: a tree whose branches know the types of what they read, so that nothing is looked up by name and
//! no type is asked for while it is evaluated, other than where a value is read from the context.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::{
    function::Function,
    pattern::Pattern,
    position::Span,
    standard::Within,
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
    /// A variable or element itself.
    pub(crate) const fn of(root: Root, at: Span) -> Self {
        Self {
            root,
            fields: [0; MAX_FIELDS],
            length: 0,
            at,
        }
    }

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
    Question(Box<Question>),
    Loop(LoopKind, Box<Each<Condition>>),
}

/// What is asked about a record, a map, a list or a string. Gives a bool.
#[derive(Debug)]
pub(crate) enum Question {
    HasField(Node, usize),
    HasEntry(Node, Box<str>),
    KeyIn([Node; 2]),
    InList([Node; 2]),
    /// In a list of literals, which are sorted.
    OneOfStrings(Text, Box<[Box<str>]>),
    /// In a list of literals, which are sorted.
    OneOfInts(Whole, Box<[i64]>),
    Search(Within, [Text; 2]),
    Matches(Text, Pattern),
    /// What the string says, as a bool.
    Read(Text, Span),
}

/// Gives an int.
#[derive(Debug)]
pub(crate) enum Whole {
    Constant(i64),
    Path(Path),
    Value(Box<Node>, Span),
    Calculated(Box<Calculation>),
}

/// What gives an int by calculating, counting or converting.
#[derive(Debug)]
pub(crate) enum Calculation {
    Negate(Whole, Span),
    Arithmetic(Arithmetic, [Whole; 2], Span),
    SizeOfText(Text),
    Size(Node),
    /// The size of what `filter` gives, without making the list.
    Count(Each<Condition>),
    FromReal(Real, Span),
    FromText(Text, Span),
    FromMoment(Node),
    Part(Part, Node, Calendar),
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
    Time(Box<Time>),
    Collection(Box<Collection>),
    Own(Box<Call>),
}

/// Gives a moment or a duration.
#[derive(Debug)]
pub(crate) enum Time {
    Arithmetic(Arithmetic, [Node; 2], Span),
    /// A moment out of a string or an int.
    Moment(Node, Span),
    /// A duration out of a string.
    Duration(Text, Span),
}

/// Makes a list or map.
#[derive(Debug)]
pub(crate) enum Collection {
    List(Box<[Node]>),
    Map(Box<[(Text, Node)]>, Span),
    Join([Node; 2]),
    Filter(Each<Condition>),
    /// What is made of each element for which the condition, if there is one, holds.
    MapEach(Each<(Option<Condition>, Node)>),
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
    pub(crate) function: Arc<Function>,
    pub(crate) arguments: Box<[Node]>,
    pub(crate) at: Span,
}

/// The calendar by which a moment is looked at.
#[derive(Debug)]
pub(crate) enum Calendar {
    Known(TimeZone),
    Named(Text, Span),
}
