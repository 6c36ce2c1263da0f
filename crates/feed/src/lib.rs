//! A ledger as a read-only Atom feed in EventStoreDB's shape.
//!
//! Readers that follow an EventStoreDB or KurrentDB over HTTP can follow a ledger in the same way, without one.
//! The shaping (pages, links, documents, media types) knows neither ledgers nor sockets and is what the stand-in for
//! tests writes its answers with too, so the recorded answers of a real server hold both.
//!
//! It must not know event types, and can write nothing.

mod address;
mod answer;
pub mod document;
pub mod event;
pub mod http;
pub mod json;
pub mod ledger;
pub mod media;
pub mod page;
mod xml;
