//! Every table, column by column.

use super::{Column, Kind, Table};

/// Writes one column: name, kind, `?` where it may be empty, where it comes from, what it means.
macro_rules! columns {
    ($($name:ident $kind:ident $(@ $pointer:literal)? $about:literal $($null:ident)?;)*) => {
        &[$(Column {
            name: stringify!($name),
            kind: Kind::$kind,
            nullable: columns!(@null $($null)?),
            pointer: columns!(@pointer $name $($pointer)?),
            about: $about,
        },)*]
    };
    (@null) => { false };
    (@null maybe) => { true };
    (@pointer $name:ident) => { concat!("/", stringify!($name)) };
    (@pointer $name:ident $pointer:literal) => { $pointer };
}

/// How far the tables are, and of which ledger: one row, written in the same transaction as all others.
pub const CHECKPOINT: Table = Table {
    name: "checkpoint",
    about: "How far the tables are, and of which ledger; one row, written in the transaction that wrote the others.",
    key: 1,
    columns: columns! {
        projection Text "Always `sql-read-models`.";
        revision Integer "Revision of these tables; with another one they are made again.";
        model_revision Integer "Revision of the fold they are made from; likewise.";
        origin Text "The ledger's name; empty before its first line.";
        tree_size Integer "How many lines are applied.";
        position Integer "The last position that is applied; empty before the first line." maybe;
        event_hash Text "The hash of that line; zeros before the first.";
        root Text "The root of the tree over the lines applied.";
        updated_at Instant "When the row was written, by the worker's clock; no part of any result.";
    },
    indexes: &[],
};

/// What the ledger says of itself.
pub const LEDGER: Table = Table {
    name: "ledger",
    about: "What the ledger's first line says; one row.",
    key: 1,
    columns: columns! {
        origin Text "The ledger's name in tree heads.";
        title Text "Its title.";
        synthetic Boolean "Whether every figure is made up for demonstration (演示数据).";
        suite Text "The format's name.";
        log_key Text "The public key that signs tree heads now.";
    },
    indexes: &[],
};

/// The audit trail.
pub const EVENTS: Table = Table {
    name: "events",
    about: "The audit trail: one row for each line of the ledger.",
    key: 1,
    columns: columns! {
        position Integer "The line's position.";
        event_hash Text "The line's hash.";
        recorded_at Instant "When it was recorded.";
        event_type Text "What kind of event it is.";
        unit Text "The unit in whose name it was recorded.";
        unit_seq Integer "0-based count of that unit's lines.";
        account Text "The account that recorded it; a pseudonym.";
        submission Text "The submission it came in.";
        plan Text "The plan it is about." maybe;
        indicator Text "The indicator it is about, if exactly one." maybe;
        area Text "The area it is about." maybe;
        period Text "The period it is about." maybe;
        acts_on Text "The earlier line it corrects, returns, verifies, revises, ends or revokes." maybe;
        data Json "What it says, completely.";
    },
    indexes: &[&["event_hash"], &["unit"], &["plan", "indicator", "area"]],
};

/// Every version of every figure.
pub const FIGURES: Table = Table {
    name: "figures",
    about: "Every version of every figure, with where it stands now.",
    key: 1,
    columns: columns! {
        position Integer "The line that reported or corrected it.";
        event_hash Text @ "/hash" "That line's hash.";
        plan Text "The plan.";
        indicator Text "The indicator.";
        area Text "The area.";
        period Text "The period it was reported for.";
        unit Text "The unit that recorded it.";
        as_at Date "The day the value was attained.";
        value Exact "The value as reported, or `not-available`, `not-applicable`, `withheld`.";
        value_number Decimal @ "/value" "The value, where it is a number." maybe;
        status Text "How firm it is: `preliminary`, `provisional`, `final`, `estimated`.";
        life Text "Where it stands: `reported`, `verified`, `approved`, `returned`, `withdrawn`.";
        recorded_at Instant @ "/at" "When it was recorded.";
        filed_at Instant "The filing time for lateness.";
        corrects Text "The version it corrects, by hash." maybe;
        corrected_by Text "The version that corrects it, by hash." maybe;
        verified_at Integer "The position of the last line that verified it." maybe;
        approved_at Integer "The position of the last line that approved it." maybe;
        returned_at Integer "The position of the last line that returned it." maybe;
        withdrawn_at Integer "The position of the line that withdrew it." maybe;
    },
    indexes: &[&["event_hash"], &["plan", "indicator", "area", "as_at"]],
};

/// Units.
pub const UNITS: Table = Table {
    name: "units",
    about: "Units as they are registered now.",
    key: 1,
    columns: columns! {
        unit Text @ "/registered" "The unit's id.";
        name Text "Its Chinese name.";
        kind Text "Its place in the cycle.";
    },
    indexes: &[],
};

/// Plans.
pub const PLANS: Table = Table {
    name: "plans",
    about: "Plans.",
    key: 1,
    columns: columns! {
        plan Text "The plan's id.";
        city Text "The city.";
        title Text "Its title.";
        document Text "The document that adopted it.";
        issued_on Date "The date on the document.";
    },
    indexes: &[],
};

/// Areas.
pub const AREAS: Table = Table {
    name: "areas",
    about: "Areas of each plan.",
    key: 2,
    columns: columns! {
        plan Text "The plan.";
        area Text "The area's id.";
        ordinal Integer "Its place in the plan, from 0.";
        name Text "Its Chinese name.";
        class Text "What kind of area it is.";
    },
    indexes: &[],
};

/// Indicators.
pub const INDICATORS: Table = Table {
    name: "indicators",
    about: "Rows of each plan's indicator table.",
    key: 2,
    columns: columns! {
        plan Text "The plan.";
        indicator Text "The indicator's id.";
        ordinal Integer "Its place in the plan, from 0.";
        group_name Text @ "/group" "The group's name as printed; equal to `name` where there is no group.";
        name Text "Its name as printed.";
        measure Text "The unit of measure as printed.";
        kind Text "What its figures measure over time.";
        direction Text "Which way is good.";
        weight_block Text @ "/block" "The weight block it shares in." maybe;
        paced Boolean "Whether it can be held against elapsed time (序时进度).";
        basis Text "Price basis or statistical definition." maybe;
        event_hash Text "The line that defined it.";
    },
    indexes: &[],
};

/// Weight blocks.
pub const WEIGHT_BLOCKS: Table = Table {
    name: "weight_blocks",
    about: "Printed weights of each plan.",
    key: 2,
    columns: columns! {
        plan Text "The plan.";
        weight_block Text @ "/block" "The block's id.";
        points Decimal "The points.";
        printed Text @ "/raw" "The weight as printed.";
        event_hash Text "The line that set it.";
    },
    indexes: &[],
};

/// Targets.
pub const TARGETS: Table = Table {
    name: "targets",
    about: "Every version of every target.",
    key: 1,
    columns: columns! {
        position Integer "The line that set or revised it.";
        event_hash Text @ "/hash" "That line's hash.";
        plan Text "The plan.";
        indicator Text "The indicator.";
        area Text "The area.";
        year Integer "The calendar year.";
        effective_from Date "The first day it holds for; empty for the target as first set." maybe;
        kind Text @ "/target/kind" "What the cell means: `number`, `not-assessed`, `not-yet-set`, `exceeds-city`, `void`.";
        value Decimal @ "/target/value" "The number to attain." maybe;
        printed Text @ "/raw" "The cell as printed.";
    },
    indexes: &[&["plan", "indicator", "area", "year"]],
};

/// Duties.
pub const DUTIES: Table = Table {
    name: "duties",
    about: "Which unit reports, verifies or answers for what.",
    key: 1,
    columns: columns! {
        position Integer "The line that gave the duty.";
        event_hash Text @ "/hash" "That line's hash.";
        plan Text "The plan.";
        unit Text @ "/assignee" "The unit.";
        duty Text "`reports`, `verifies` or `answers-for`.";
        indicator Text "The indicator; empty for all of the plan." maybe;
        area Text "The area; empty for all of the plan." maybe;
        ended_at Integer @ "/ended" "The position of the line that ended it." maybe;
    },
    indexes: &[],
};

/// Periods.
pub const PERIODS: Table = Table {
    name: "periods",
    about: "Reporting periods.",
    key: 1,
    columns: columns! {
        period Text @ "/opened/period" "The period's id.";
        kind Text @ "/opened/kind" "How often such a period comes.";
        starts_on Date @ "/opened/starts_on" "Its first day.";
        ends_on Date @ "/opened/ends_on" "Its last day.";
        due_at Instant @ "/opened/due_at" "The deadline it was opened with; extensions stand in `filings`.";
        opened_at Integer @ "/position" "The position of the line that opened it.";
        closed_at Integer @ "/closed" "The position of the line that closed it." maybe;
    },
    indexes: &[],
};

/// Readings.
pub const READINGS: Table = Table {
    name: "readings",
    about: "The reporting dates that scores, ranking and filings stand here for, and the token that makes each again.",
    key: 2,
    columns: columns! {
        plan Text "The plan.";
        as_of Date "The reporting date.";
        is_latest Boolean "Whether it is the latest day of any figure: what a question means that names no day.";
        known_at Integer @ "/size" "How many lines were known; all that are applied.";
        root Text "The root of the tree over them.";
        rules Text "The hash of the rules in force for the day.";
        token Text "Origin, size, root, day and rules: `progress-ledger scores --token` makes the same table.";
    },
    indexes: &[],
};

/// The figure that counts in each cell.
pub const CURRENT_FIGURES: Table = Table {
    name: "current_figures",
    about: "The figure that counts in each cell at the latest reading.",
    key: 3,
    columns: columns! {
        plan Text "The plan.";
        indicator Text "The indicator.";
        area Text "The area.";
        position Integer "The line that reported or corrected it.";
        event_hash Text @ "/hash" "That line's hash.";
        period Text "The period it was reported for.";
        unit Text "The unit that recorded it.";
        as_at Date "The day the value was attained.";
        value Exact "The value as reported, or why there is none.";
        value_number Decimal @ "/value" "The value, where it is a number." maybe;
        status Text "How firm it is.";
        life Text "The stage it has reached.";
    },
    indexes: &[],
};

/// Points of cells.
pub const CELL_SCORES: Table = Table {
    name: "cell_scores",
    about: "Each cell's share of its points, for each reading.",
    key: 4,
    columns: columns! {
        plan Text "The plan.";
        as_of Date "The reporting date.";
        indicator Text "The indicator.";
        area Text "The area.";
        reason Text "Where the share comes from, or why there is none.";
        share Exact "The share of full points, exactly; empty when the cell leaves the assessment." maybe;
        share_number Decimal @ "/share" "The same, rounded where its digits do not end." maybe;
        completion Exact "Value over due, or due over value where lower is better, exactly." maybe;
        completion_number Decimal @ "/completion" "The same, rounded where its digits do not end." maybe;
        due Exact "What is due by the reporting date, exactly." maybe;
        due_number Decimal @ "/due" "The same, rounded where its digits do not end." maybe;
        value Exact "The number that was scored, exactly." maybe;
        value_number Decimal @ "/value" "The same, rounded where its digits do not end." maybe;
        light Text "The code of the signal light." maybe;
        figure Text "The hash of the figure that counts." maybe;
        as_at Date "The day it was attained." maybe;
        stage Text "The stage it has reached." maybe;
        status Text "How firm it is." maybe;
        target_line Text "The hash of the line that set or revised the target in force." maybe;
        target_kind Text @ "/target/kind" "What the target means." maybe;
        target_value Decimal @ "/target/value" "The number to attain." maybe;
    },
    indexes: &[&["plan", "indicator", "area"]],
};

/// Points of weight blocks.
pub const BLOCK_SCORES: Table = Table {
    name: "block_scores",
    about: "Each area's points in each weight block, for each reading.",
    key: 4,
    columns: columns! {
        plan Text "The plan.";
        as_of Date "The reporting date.";
        weight_block Text @ "/block" "The weight block.";
        area Text "The area.";
        assessed Decimal "The points that could be had.";
        points Decimal "The points, rounded as the rules name.";
        share Exact "The share of the block, exactly; empty when no row of it is assessed." maybe;
    },
    indexes: &[],
};

/// Totals and places.
pub const RANKING: Table = Table {
    name: "ranking",
    about: "Each area's total and place, for each reading; also of areas that are not ranked.",
    key: 3,
    columns: columns! {
        plan Text "The plan.";
        as_of Date "The reporting date.";
        area Text "The area.";
        class Text "The class it is ranked in; empty for areas that are not ranked." maybe;
        place Integer "Its place in the class, from 1." maybe;
        tied Boolean "Whether another area of the class has the same place.";
        total Decimal "The total; empty below the coverage floor." maybe;
        converted Decimal "The converted score (折算分); empty below the coverage floor." maybe;
        awarded Decimal "The sum of the blocks' points.";
        assessed Decimal "The points that could be had.";
        bonus Decimal "Bonus points after caps.";
        deducted Decimal "Points lost after caps.";
        coverage Exact "The assessed points over all points of the plan, exactly.";
        vetoed Text "The line of a veto in force, by hash." maybe;
        previous_as_of Date "The end of the period before, in the same year." maybe;
        total_change Decimal "The total less the total there, exactly." maybe;
        place_change Integer "Places gained since then; negative where places were lost." maybe;
    },
    indexes: &[],
};

/// What was owed, and what came.
pub const FILINGS: Table = Table {
    name: "filings",
    about: "What each unit owed for each period and what came, at the last reading of the period's year.",
    key: 4,
    columns: columns! {
        plan Text "The plan.";
        period Text "The period.";
        unit Text "The unit.";
        what Text @ "/row" "`figures` or `narrative`.";
        as_of Date "The reading's date.";
        kind Text "How often such a period comes.";
        due_at Instant "The deadline that holds for the unit.";
        extended Boolean "Whether an extension moved it.";
        owed Integer "How many cells, or one narrative; the next four add up to it.";
        on_time Integer "Filed in time.";
        late Integer "Filed after the deadline.";
        missing Integer "Not filed although the deadline is over.";
        not_yet_due Integer "Not filed, and the deadline is to come.";
        late_by_correction Integer "Of the late ones: in time at first, and replaced by a material correction.";
        returned Integer "Of the filed ones: sent back and not yet corrected.";
        first_filed_at Instant "The earliest filing time of what came." maybe;
        last_filed_at Instant "The latest filing time of what came." maybe;
    },
    indexes: &[&["unit"]],
};

/// Snapshots.
pub const SNAPSHOTS: Table = Table {
    name: "snapshots",
    about: "Every snapshot that was proposed, and where it stands.",
    key: 1,
    columns: columns! {
        position Integer "The line that proposed it.";
        snapshot Text "That line's hash; it names the snapshot.";
        plan Text @ "/manifest/plan" "The plan.";
        year Integer @ "/manifest/year" "The calendar year.";
        kind Text @ "/manifest/kind" "Which part of the year.";
        standing Text "`proposed`, `withdrawn`, `frozen`, `published`, `reopened`.";
        as_of Date @ "/manifest/as_of" "The reporting date.";
        known_at Integer @ "/manifest/size" "How many lines were known.";
        root Text @ "/manifest/root" "The root of the tree over them.";
        rules Text @ "/manifest/rules" "The hash of the rules.";
        unit Text "The unit that proposed it.";
        proposed_at Instant "When it was proposed.";
        frozen_at Instant "When the quorum froze it." maybe;
        restates Text @ "/manifest/restates/snapshot" "The frozen snapshot it stands beside, by hash." maybe;
    },
    indexes: &[],
};

/// Frozen totals and places.
pub const FROZEN_RANKING: Table = Table {
    name: "frozen_ranking",
    about: "Each area's total and place in each frozen snapshot; later lines do not move it.",
    key: 2,
    columns: columns! {
        position Integer "The line that proposed the snapshot.";
        area Text "The area.";
        class Text "The class it is ranked in." maybe;
        place Integer "Its place in the class, from 1." maybe;
        tied Boolean "Whether another area of the class has the same place.";
        total Decimal "The total." maybe;
        awarded Decimal "The sum of the blocks' points.";
        assessed Decimal "The points that could be had.";
        bonus Decimal "Bonus points after caps.";
        deducted Decimal "Points lost after caps.";
    },
    indexes: &[],
};
