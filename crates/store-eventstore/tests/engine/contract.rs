//! The contract that every engine keeps, on a server: the stand-in, or a real one at `LEDGER_TEST_EVENTSTORE`.

use store::EventLog as _;
use store::contract::Engine;
use store_eventstore::EventStoreLog;

use crate::server::Server;

impl Engine for Server {
    type Log = EventStoreLog;

    fn open(&mut self) -> store::Result<EventStoreLog> {
        Server::open(self)
    }

    fn crash(&mut self) {
        self.restart();
    }
}

store::contract_tests!(Server::start());

#[test]
fn where_the_contract_is_kept_is_said() {
    let mut server = Server::start();
    println!("本次在 {} 上运行。", server.name());
    assert_eq!(Engine::open(&mut server).unwrap().size().unwrap(), 0);
}
