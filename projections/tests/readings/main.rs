//! Read models over the synthetic first city's year (演示数据) and over random histories.

mod demo;
mod difference;
mod explanation;
mod golden;
mod growth;
mod oracle;
mod repeatability;
mod stories;
