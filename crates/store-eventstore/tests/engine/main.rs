//! The engine on a server: the contract on the stand-in or a real one, and answers that say too little.

mod contract;
mod faults;
mod real;
mod server;
