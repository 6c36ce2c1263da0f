//! The sequencer, projection workers, and reads on the three time axes.
