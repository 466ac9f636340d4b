//! A picture of how good a model is.

use std::fmt::{Debug, Display};

use anyhow::{Result, anyhow};
use plotters::{coord::Shift, prelude::*};
use serde::{Deserialize, Serialize};
use zen_runtime::step;

use super::{
    model::Model,
    numbers::count,
    score::{Bin, Point, Score},
};

/// Width and height in pixels.
const SIZE: (u32, u32) = (1200, 460);

/// The number of features shown.
const FEATURES: usize = 12;

const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(40, 44, 52);
const FAINT: RGBColor = RGBColor(190, 194, 200);
const ACCENT: RGBColor = RGBColor(31, 110, 180);

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The text of an SVG file.
    pub svg: String,
}

/// Draws the score of a model: its ROC curve, its calibration, and the features
/// that count most.
///
/// # Errors
///
/// When the model is not a trained one.
#[step]
pub fn report(model: &Model, score: &Score) -> Result<Report> {
    let features = model.importance()?;
    let mut svg = String::new();
    draw(&mut svg, model.kind(), score, &features)?;
    Ok(Report { svg })
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn draw(svg: &mut String, kind: &str, score: &Score, features: &[(String, f64)]) -> Result<()> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(drawing)?;
    let area = area.margin(10, 10, 10, 10);
    let (head, panels) = area.split_vertically(62);
    headline(&head, kind, score)?;
    let panels = panels.split_evenly((1, 3));
    roc(&panels[0], &score.roc)?;
    calibration(&panels[1], &score.calibration)?;
    importance(&panels[2], features)?;
    area.present().map_err(drawing)
}

fn headline(area: &Area<'_>, kind: &str, score: &Score) -> Result<()> {
    let title = format!("{kind}: will a flight arrive more than 15 minutes late?");
    let numbers = format!(
        "AUC {:.3} · accuracy {:.3} · log loss {:.3} · {} flights, {:.1} % late",
        score.auc,
        score.accuracy,
        score.log_loss,
        score.flights,
        100.0 * score.late,
    );
    for (text, size, top) in [(title, 22, 4), (numbers, 16, 34)] {
        let style = (FONT, size).into_font().color(&INK);
        area.draw_text(&text, &style, (10, top)).map_err(drawing)?;
    }
    Ok(())
}

fn roc(area: &Area<'_>, curve: &[Point]) -> Result<()> {
    let labels = ["ROC curve", "false alarms", "late flights found"];
    let mut chart = unit_chart(area, labels)?;
    let line = curve.iter().map(|point| (point.false_alarms, point.hits));
    let line = LineSeries::new(line, ACCENT.stroke_width(2));
    chart.draw_series(line).map_err(drawing)?;
    Ok(())
}

fn calibration(area: &Area<'_>, bins: &[Bin]) -> Result<()> {
    let labels = ["Calibration", "probability foretold", "share that was late"];
    let mut chart = unit_chart(area, labels)?;
    let points = || bins.iter().map(|bin| (bin.foretold, bin.late));
    let line = LineSeries::new(points(), ACCENT.stroke_width(2));
    chart.draw_series(line).map_err(drawing)?;
    let dots = points().map(|point| Circle::new(point, 4, ACCENT.filled()));
    chart.draw_series(dots).map_err(drawing)?;
    Ok(())
}

type Unit =
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>;

/// A chart of shares against shares, with the diagonal that luck alone gives.
fn unit_chart<'a, 'b>(
    area: &'a Area<'b>,
    [caption, x, y]: [&str; 3],
) -> Result<ChartContext<'a, SVGBackend<'b>, Unit>> {
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption(caption, (FONT, 17).into_font().color(&INK))
        .x_label_area_size(40)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..1.0, 0.0..1.0)
        .map_err(drawing)?;
    chart
        .configure_mesh()
        .x_labels(6)
        .y_labels(6)
        .x_desc(x)
        .y_desc(y)
        .axis_style(INK)
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT.mix(0.5))
        .label_style((FONT, 13).into_font().color(&INK))
        .draw()
        .map_err(drawing)?;
    let diagonal = LineSeries::new([(0.0, 0.0), (1.0, 1.0)], FAINT);
    chart.draw_series(diagonal).map_err(drawing)?;
    Ok(chart)
}

fn importance(area: &Area<'_>, features: &[(String, f64)]) -> Result<()> {
    let shown = &features[..features.len().min(FEATURES)];
    let longest = shown.first().map_or(1.0, |feature| feature.1.max(1e-9));
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption("What counts most", (FONT, 17).into_font().color(&INK))
        .build_cartesian_2d(0.0..1.0, 0.0..count(FEATURES))
        .map_err(drawing)?;
    // Names on the left, bars on the right, their lengths in percent behind them.
    let (left, width) = (0.46, 0.42);
    let rows = || shown.iter().enumerate();
    let bars = rows().map(|(row, (_, share))| {
        let (top, right) = (middle(row), left + width * share / longest);
        Rectangle::new([(left, top - 0.3), (right, top + 0.3)], ACCENT.filled())
    });
    chart.draw_series(bars).map_err(drawing)?;
    let style = (FONT, 13).into_font().color(&INK);
    let texts = rows().flat_map(|(row, (name, share))| {
        let right = left + width * share / longest + 0.01;
        let percent = format!("{:.1} %", 100.0 * share);
        let text = |text, x| Text::new(text, (x, middle(row) + 0.22), style.clone());
        [text(name.clone(), 0.0), text(percent, right)]
    });
    chart.draw_series(texts).map_err(drawing)?;
    Ok(())
}

/// The height of the middle of a row, the first row on top.
fn middle(row: usize) -> f64 {
    count(FEATURES - row) - 0.5
}

/// The drawing library's errors borrow from the picture, and cannot leave it.
fn drawing(error: impl Display + Debug) -> anyhow::Error {
    anyhow!("cannot draw the picture: {error}")
}
