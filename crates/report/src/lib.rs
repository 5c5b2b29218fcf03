//! A small document model and its rendering as Markdown.
//!
//! Pure and deterministic: the same document gives the same bytes. It knows nothing of clusters,
//! anomalies or investigations; whoever writes a report builds a [`Document`] from its own nouns.
//! Text handed in is data: whatever it holds, it can't become markup, a link or a formula.
//!
//! Start reading at [`Document`]; then [`Text`] and `markdown.rs`.

pub mod document;
mod inert;
mod markdown;
mod table;
pub mod text;

pub use document::{Block, Document, Section};
pub use table::{Align, Table};
pub use text::{Span, Text};
