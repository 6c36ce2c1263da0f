// Links every line of a ledger into a stream of its unit, for people who look with KurrentDB's own tools.
//
// The event number of a link is the line's `unit_seq`, so a unit's stream is its chain: every line's `unit_prev` is the
// event hash of the line before it there. The ledger itself never reads these streams; they may be deleted and made
// again, and nothing is proved by them that the lines do not prove.
//
// One projection for each ledger, with its stream's name here. How to install it: docs/operations.md.
// The server's engine speaks plain JavaScript of 2015.

var LEDGER = 'ledger-yingtan-2022';

fromStream(LEDGER).when({
  $any: function (state, event) {
    // A ledger's stream holds lines only; what is none is left to `progress-ledger verify` to report.
    if (!event.isJson || !event.data || typeof event.data.unit !== 'string') {
      return state;
    }
    linkTo('unit-' + LEDGER + '.' + event.data.unit, event);
    return state;
  }
});
