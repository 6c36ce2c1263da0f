//! Whether a rulebook can be used for a plan: every way it cannot, with what to do.

use std::collections::BTreeMap;

use events::rulebook::{
    BlockShare, Bounds, LowerFormula, Method, RankScale, Rounding, Rulebook, Step, VetoEffect,
};
use events::{AreaClass, AreaId, Decimal, Direction, IndicatorDefined, IndicatorId, Target};

use super::context::assessed;
use crate::rational::Rational;
use crate::registry::{IndicatorIx, Plan, WeightBlock};

/// More places than any score needs; roots and roundings stay within 128 bits for usual plans.
const MOST_PLACES: u8 = 12;

pub(super) fn validate(rules: &Rulebook, plan: &Plan) -> Vec<String> {
    let mut check = Check { rules, plan, found: Vec::new() };
    check.methods();
    check.blocks();
    check.awards();
    check.conversion();
    check.lights();
    check.ranking();
    check.found
}

struct Check<'a> {
    rules: &'a Rulebook,
    plan: &'a Plan,
    found: Vec<String>,
}

impl<'a> Check<'a> {
    fn refuse_if(&mut self, wrong: bool, sentence: impl FnOnce() -> String) {
        if wrong {
            self.found.push(sentence());
        }
    }

    fn row(&self, id: &IndicatorId) -> Option<&'a IndicatorDefined> {
        self.plan.indicator_ix(id).map(|ix| &self.plan.indicator(ix).defined)
    }

    fn methods(&mut self) {
        let (rules, plan) = (self.rules, self.plan);
        self.method("通用方法", &rules.method);
        for (id, rule) in &rules.rows {
            self.refuse_if(self.row(id).is_none(), || {
                format!("rows 中的指标 {id} 不在方案里：请改为方案中的指标编号。")
            });
            if let Some(method) = &rule.method {
                self.method(&format!("指标 {id} 的方法"), method);
            }
        }
        for (ix, row) in (0..).map(IndicatorIx).zip(plan.indicators()) {
            self.direction(&row.defined);
            if let Method::LowerIsBetter { formula: LowerFormula::FromBase { bases }, .. } =
                rules.method_of(&row.defined.indicator)
            {
                self.bases(ix, bases);
            }
        }
    }

    fn direction(&mut self, row: &IndicatorDefined) {
        let lower = row.direction == Direction::LowerIsBetter;
        let (id, name) = (&row.indicator, &row.name);
        match self.rules.method_of(id) {
            Method::Ratio { .. } => self.refuse_if(lower, || {
                format!("指标 {id}（{name}）越低越好，不能用 ratio：请在 rows 中为它指定 lower-is-better 或其他方法。")
            }),
            Method::LowerIsBetter { .. } => self.refuse_if(!lower, || {
                format!("指标 {id}（{name}）越高越好，不能用 lower-is-better：请改用 ratio 或其他方法。")
            }),
            Method::PassFail {}
            | Method::Steps { .. }
            | Method::Band { .. }
            | Method::EfficacyRange { .. }
            | Method::EfficacyTiers { .. }
            | Method::Rank { .. }
            | Method::ExceedsCity {}
            | Method::PercentagePoints { .. } => {}
        }
    }

    fn method(&mut self, whose: &str, method: &Method) {
        match method {
            Method::Ratio { ceiling, floor } | Method::LowerIsBetter { ceiling, floor, .. } => {
                self.bounds(whose, *floor, *ceiling);
            }
            Method::PassFail {} | Method::ExceedsCity {} => {}
            Method::Steps { steps, .. } => self.ascending(whose, "steps", steps),
            Method::EfficacyTiers { tiers, .. } => self.ascending(whose, "tiers", tiers),
            Method::Band { low, high, zero_below, zero_above } => {
                self.refuse_if(low > high, || {
                    format!("{whose}：区间下限 {low} 高于上限 {high}，请对调或改正。")
                });
                self.refuse_if(zero_below.is_some_and(|zero| zero >= *low), || {
                    format!("{whose}：zero_below 应低于区间下限 {low}。")
                });
                self.refuse_if(zero_above.is_some_and(|zero| zero <= *high), || {
                    format!("{whose}：zero_above 应高于区间上限 {high}。")
                });
            }
            Method::EfficacyRange { base, bounds, ceiling, floor } => {
                self.bounds(whose, *floor, *ceiling);
                self.efficacy(whose, *base, bounds);
            }
            Method::Rank { scale, .. } => self.rank(whose, scale),
            Method::PercentagePoints { ceiling, floor, lost_per_point } => {
                self.bounds(whose, *floor, *ceiling);
                self.refuse_if(*lost_per_point <= Decimal::ZERO, || {
                    format!("{whose}：lost_per_point 应大于 0，现为 {lost_per_point}。")
                });
            }
        }
    }

    fn bounds(&mut self, whose: &str, floor: Option<Decimal>, ceiling: Option<Decimal>) {
        if let (Some(floor), Some(ceiling)) = (floor, ceiling) {
            self.refuse_if(floor > ceiling, || {
                format!("{whose}：保底 {floor} 高于封顶 {ceiling}，请对调或改正。")
            });
        }
        self.refuse_if(ceiling.is_some_and(|own| own < Decimal::ZERO), || format!("{whose}：封顶不能为负。"));
    }

    fn ascending(&mut self, whose: &str, what: &str, steps: &[Step]) {
        self.refuse_if(steps.is_empty(), || format!("{whose}：{what} 是空的，请至少列一档。"));
        self.refuse_if(!steps.is_sorted_by(|a, b| a.at < b.at), || {
            format!("{whose}：{what} 的 at 应从小到大，不重复。")
        });
        self.refuse_if(steps.iter().any(|step| step.share < Decimal::ZERO), || {
            format!("{whose}：{what} 的 share 不能为负。")
        });
    }

    fn efficacy(&mut self, whose: &str, base: Decimal, bounds: &Bounds) {
        self.refuse_if(base < Decimal::ZERO || base >= Decimal::from(1), || {
            format!("{whose}：base 应不小于 0 且小于 1，现为 {base}。")
        });
        match bounds {
            Bounds::Given { best, worst } => self.refuse_if(best == worst, || {
                format!("{whose}：最好值与最差值同为 {best}，无法计算功效系数，请改正其一。")
            }),
            Bounds::Observed {} => self.needs_classes(whose),
        }
    }

    fn rank(&mut self, whose: &str, scale: &RankScale) {
        self.needs_classes(whose);
        if let RankScale::Listed { shares } = scale {
            self.refuse_if(shares.is_empty(), || format!("{whose}：名次表 shares 是空的，请至少列第一名。"));
            self.refuse_if(!shares.is_sorted_by(|a, b| a >= b), || {
                format!("{whose}：名次表 shares 应从高到低。")
            });
            self.refuse_if(shares.iter().any(|share| *share < Decimal::ZERO), || {
                format!("{whose}：名次表 shares 不能为负。")
            });
        }
    }

    fn needs_classes(&mut self, whose: &str) {
        self.refuse_if(self.rules.ranking.classes.is_empty(), || {
            format!("{whose}要在同组地区之间比较，但 ranking.classes 是空的：请先分组。")
        });
    }

    fn bases(&mut self, row: IndicatorIx, bases: &BTreeMap<AreaId, Decimal>) {
        let plan = self.plan;
        let id = &plan.indicator(row).defined.indicator;
        for area in bases.keys() {
            self.refuse_if(plan.area_ix(area).is_none(), || {
                format!("指标 {id} 的基数 bases 中的地区 {area} 不在方案里：请改为方案中的地区编号。")
            });
        }
        for area in assessed(plan, plan.areas().len()) {
            let name = &plan.area(area).area;
            let versions = plan.adopted.years.iter().flat_map(|year| plan.target_versions(row, area, *year));
            let targets: Vec<Decimal> = versions.filter_map(|(_, version)| number(&version.target)).collect();
            match bases.get(name) {
                None => self.refuse_if(!targets.is_empty(), || {
                    format!("指标 {id} 缺少地区 {name} 的基数：请在 bases 中补上。")
                }),
                Some(base) => self.refuse_if(targets.iter().any(|target| target >= base), || {
                    format!(
                        "指标 {id} 在地区 {name} 的基数 {base} 不高于目标，无从下降：请改正基数或换公式。"
                    )
                }),
            }
        }
    }

    fn blocks(&mut self) {
        let (rules, plan) = (self.rules, self.plan);
        for id in rules.blocks.keys() {
            self.refuse_if(plan.block(id).is_none(), || {
                format!("blocks 中的权重块 {id} 不在方案里：请改为方案中的权重块编号。")
            });
        }
        let shares = std::iter::once(&rules.block_share).chain(rules.blocks.values());
        for places in shares.filter_map(root_places) {
            self.refuse_if(places > MOST_PLACES, || {
                format!("几何平均的位数最多 {MOST_PLACES} 位，现为 {places} 位。")
            });
        }
        for block in plan.blocks() {
            if let BlockShare::Weights { weights } = rules.share_of(&block.defined.block) {
                self.weights(block, weights);
            }
        }
    }

    fn weights(&mut self, block: &WeightBlock, weights: &BTreeMap<IndicatorId, Decimal>) {
        let (id, rows) = (&block.defined.block, &block.defined.indicators);
        for row in rows.iter().filter(|row| !weights.contains_key(*row)) {
            self.found.push(format!("权重块 {id} 缺少指标 {row} 的权重：请在 weights 中补上。"));
        }
        for row in weights.keys().filter(|row| !rows.contains(row)) {
            self.found.push(format!("权重块 {id} 没有指标 {row}：请从 weights 中去掉。"));
        }
        self.refuse_if(weights.values().any(|weight| *weight <= Decimal::ZERO), || {
            format!("权重块 {id} 的各项权重应大于 0。")
        });
        let sum = weights.values().fold(Rational::ZERO, |sum, weight| &sum + &(*weight).into());
        self.refuse_if(sum != Rational::ONE, || {
            format!("权重块 {id} 的各项权重合计为 {}，应为 1。", super::trace::show(&sum))
        });
    }

    fn awards(&mut self) {
        let rules = self.rules;
        self.not_negative("bonus.cap", rules.bonus.cap);
        for (id, cap) in &rules.bonus.row_caps {
            self.not_negative(&format!("bonus.row_caps.{id}"), Some(*cap));
            let is_bonus = self.row(id).is_some_and(|row| row.bonus.is_some());
            self.refuse_if(!is_bonus, || {
                format!("bonus.row_caps 中的 {id} 不是方案里的加分项：请改正或去掉。")
            });
        }
        self.not_negative("deduction_cap", rules.deduction_cap);
        for (code, deduction) in &rules.deductions {
            self.not_negative(&format!("deductions.{code}.cap"), deduction.cap);
            self.refuse_if(deduction.points <= Decimal::ZERO, || {
                format!("deductions.{code}.points 应大于 0（写扣掉的分数），现为 {}。", deduction.points)
            });
            let unnamed = code.trim().is_empty() || deduction.label.trim().is_empty();
            self.refuse_if(unnamed, || format!("扣分项“{code}”缺少代号或名称：请补上。"));
        }
        if let VetoEffect::TotalAtMost { points } = &rules.veto {
            self.not_negative("veto.points", Some(*points));
        }
    }

    fn not_negative(&mut self, what: &str, number: Option<Decimal>) {
        if let Some(number) = number.filter(|number| *number < Decimal::ZERO) {
            self.found.push(format!("{what} 不能为负，现为 {number}：请改为 0 或正数。"));
        }
    }

    fn conversion(&mut self) {
        let rule = &self.rules.conversion;
        self.places("points", self.rules.points);
        self.places("conversion.rounding", rule.rounding);
        self.refuse_if(rule.full_score <= Decimal::ZERO, || {
            format!("conversion.full_score 应大于 0，现为 {}。", rule.full_score)
        });
        self.not_negative("conversion.coverage_floor", Some(rule.coverage_floor));
        let points = self.plan.blocks().iter().map(|block| Rational::from(block.defined.points));
        let all = points.fold(Rational::ZERO, |sum, points| &sum + &points);
        self.refuse_if(Rational::from(rule.coverage_floor) > all, || {
            let all = super::trace::show(&all);
            format!(
                "conversion.coverage_floor 为 {}，超过方案的全部分值 {all}，谁也不会有得分：请降低。",
                rule.coverage_floor
            )
        });
    }

    fn places(&mut self, what: &str, rounding: Rounding) {
        self.refuse_if(rounding.places > MOST_PLACES, || {
            format!("{what} 的小数位数最多 {MOST_PLACES} 位，现为 {} 位。", rounding.places)
        });
    }

    fn lights(&mut self) {
        let lights = &self.rules.lights;
        let before_last = &lights[..lights.len().saturating_sub(1)];
        self.refuse_if(before_last.iter().any(|light| light.at_least.is_none()), || {
            "lights 中只有最后一盏灯可以不写 at_least：其后的灯永远不会亮。".to_owned()
        });
        let thresholds: Vec<Decimal> = lights.iter().filter_map(|light| light.at_least).collect();
        self.refuse_if(!thresholds.is_sorted_by(|a, b| a > b), || {
            "lights 的 at_least 应从高到低，不重复。".to_owned()
        });
        let unnamed = |text: &str| text.trim().is_empty();
        self.refuse_if(lights.iter().any(|light| unnamed(&light.code) || unnamed(&light.label)), || {
            "lights 中有灯缺少代号或名称：请补上。".to_owned()
        });
        let again =
            (1..lights.len()).find(|ix| lights[..*ix].iter().any(|light| light.code == lights[*ix].code));
        if let Some(ix) = again {
            self.found.push(format!("lights 的代号 {} 用了两次：请改其一。", lights[ix].code));
        }
    }

    fn ranking(&mut self) {
        let classes = &self.rules.ranking.classes;
        for class in classes {
            self.refuse_if(class.label.trim().is_empty(), || {
                "ranking.classes 中有一组没有名称：请补上。".to_owned()
            });
            self.refuse_if(class.of.is_empty(), || {
                format!("分组“{}”没有列出地区类别：请补上或去掉该组。", class.label)
            });
            self.refuse_if(class.of.contains(&AreaClass::CityLevel), || {
                format!("分组“{}”含市本级：市本级不考核，请去掉。", class.label)
            });
        }
        let kinds: Vec<AreaClass> = classes.iter().flat_map(|class| class.of.iter().copied()).collect();
        self.refuse_if((1..kinds.len()).any(|ix| kinds[..ix].contains(&kinds[ix])), || {
            "ranking.classes 中同一类别出现两次：一个地区只能在一组里排名。".to_owned()
        });
    }
}

const fn root_places(share: &BlockShare) -> Option<u8> {
    match share {
        BlockShare::GeometricMean { places } => Some(*places),
        BlockShare::Mean {} | BlockShare::Weights { .. } | BlockShare::AllOrNothing {} => None,
    }
}

const fn number(target: &Target) -> Option<Decimal> {
    match target {
        Target::Number { value } => Some(*value),
        Target::NotAssessed | Target::NotYetSet | Target::ExceedsCity | Target::Void => None,
    }
}
