"""The few styles that Streamlit's theme does not reach; colours mix with the theme's, so both modes work."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

# A file and not one of Streamlit's icon names, which the browser would fetch from elsewhere.
ICON = Path(__file__).with_name("icon.svg")

CSS = """
<style>
.block-container { padding-top: 3.9rem; padding-bottom: 2rem; max-width: 1600px; }
.st-key-bar { border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); padding-bottom: .5rem; }
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-visitor"]) { display: none; }
/* Who reviews stands in the header, beside the pages. */
[data-testid="stLayoutWrapper"]:has(> .st-key-who) { position: fixed; top: .6rem; right: 3.4rem; z-index: 999991;
  width: auto; }
.st-key-who button { min-height: 1.9rem; padding: 0 .6rem; font-size: .88rem; max-width: 15rem; }
.st-key-who button p { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
@media (max-width: 1300px) { .st-key-who button { max-width: 6.5rem; } }
.st-key-second { border-left: 4px solid #7c6fb0; background: color-mix(in srgb, #7c6fb0 16%, transparent);
  padding: .35rem .8rem; border-radius: .35rem; }
.st-key-bar button { min-height: 1.7rem; padding: 0 .6rem; font-size: .85rem; }
/* Streamlit writes what is chosen in the primary colour, which is too dark to read on a dark ground. */
[data-testid="stButtonGroup"] button[aria-checked="true"], [role="tab"][aria-selected="true"] {
  color: inherit !important; }
[data-testid="stButtonGroup"] button[aria-checked="true"] *, [role="tab"][aria-selected="true"] * {
  color: currentColor !important; }
.st-key-stopping button, [class*="st-key-learned"] button { color: inherit !important; }
/* A wide chart scrolls in its place and does not lie over what stands beside it. */
.st-key-heatmap { overflow-x: auto; }
@media (max-width: 1200px) {
  [data-testid="stHorizontalBlock"]:has(.st-key-heatmap) > [data-testid="stColumn"] { min-width: 100%; }
}
/* Five figures side by side are cut off in half a narrow page. */
.st-key-export-counts [data-testid="stHorizontalBlock"] { flex-wrap: wrap; }
.st-key-export-counts [data-testid="stColumn"] { min-width: 8.8rem; }
.la-facts { display: flex; gap: 1.1rem; flex-wrap: wrap; align-items: baseline; font-size: .92rem; }
.la-facts span { white-space: nowrap; color: color-mix(in srgb, currentColor 78%, transparent); }
.la-facts b { color: currentColor; }
.la-facts span:first-child { font-size: 1.08rem; font-weight: 650; color: currentColor; }
.la-text { font-size: 1.12rem; line-height: 1.65; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 26rem;
  overflow-y: auto; padding: .3rem .2rem; }
.st-key-hero .la-text { font-size: 1.4rem; line-height: 1.7; max-height: none; padding: .6rem 1rem; }
.st-key-hero .la-row { max-height: none; }
.la-text mark { color: inherit; border-radius: .2rem; padding: .02rem .14rem; }
.la-text mark.given, .la-key.given { background: color-mix(in srgb, #64748b 30%, transparent);
  border-bottom: 2px solid #64748b; }
.la-text mark.suggested, .la-key.suggested { background: color-mix(in srgb, #d97706 26%, transparent);
  border-bottom: 2px dashed #d97706; }
.la-key { padding: 0 .35rem; border-radius: .2rem; }
.la-legend, .la-small { font-size: .84rem; overflow-wrap: anywhere;
  color: color-mix(in srgb, currentColor 75%, transparent); }
.la-row { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .1rem 1.4rem;
  max-height: 26rem; overflow-y: auto; }
.la-cell { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .6rem; padding: .3rem .1rem;
  border-bottom: 1px solid color-mix(in srgb, currentColor 10%, transparent); overflow-wrap: anywhere; }
.la-cell i { font-style: normal; color: color-mix(in srgb, currentColor 72%, transparent); font-size: .88rem; }
.la-cell b { font-weight: 600; }
.la-cell small { flex-basis: 100%; color: #b45309; font-size: .78rem; }
@media (prefers-color-scheme: dark) { .la-cell small { color: #f0a94a; } }
.la-bar { display: grid; grid-template-columns: minmax(5rem, 11rem) 1fr 3rem; gap: .6rem; align-items: center;
  margin: .2rem 0; font-size: .9rem; }
.la-bar .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.la-bar .track { height: .8rem; border-radius: .2rem; background: color-mix(in srgb, currentColor 9%, transparent); }
.la-bar .fill { height: 100%; border-radius: .2rem; background: color-mix(in srgb, currentColor 28%, transparent); }
.la-bar .fill.given { background: #64748b; }
.la-bar .fill.suggested { background: #d97706; }
.la-bar .value { text-align: right; font-variant-numeric: tabular-nums; }
.la-range { position: relative; height: 4.2rem; margin: .5rem 0 .1rem;
  border-bottom: 1px solid color-mix(in srgb, currentColor 35%, transparent); }
.la-range .all { display: flex; align-items: flex-end; gap: 1px; height: 100%; }
.la-range .all i { flex: 1; background: color-mix(in srgb, currentColor 14%, transparent); }
.la-range b { position: absolute; top: 0; bottom: 0; }
.la-range .band { background: color-mix(in srgb, #d97706 24%, transparent); }
.la-range .tick { width: 3px; margin-left: -1.5px; }
.la-range .tick.suggested { background: repeating-linear-gradient(#d97706 0 5px, transparent 5px 8px); }
.la-range .tick.given { background: #64748b; bottom: -.4rem; }
.la-ends { display: flex; justify-content: space-between; font-size: .78rem; font-variant-numeric: tabular-nums; }
.la-ballot { display: grid; grid-template-columns: 3rem auto 1fr; gap: .15rem .6rem; align-items: baseline;
  padding: .45rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 10%, transparent); }
.la-ballot .count { font-size: 1.15rem; font-weight: 650; text-align: right; font-variant-numeric: tabular-nums; }
.la-ballot > div { grid-column: 2 / -1; display: flex; flex-wrap: wrap; gap: .25rem .35rem; }
/* How far somebody is to be trusted: the filled part of the name. */
.la-voter { font-size: .82rem; line-height: 1.6; padding: 0 .5rem; border-radius: .3rem; max-width: 100%;
  overflow: hidden; text-overflow: ellipsis; border: 1px solid color-mix(in srgb, currentColor 20%, transparent);
  background: linear-gradient(90deg, color-mix(in srgb, #15803d 22%, transparent) var(--q), transparent var(--q)); }
.la-voter b { font-weight: 600; font-variant-numeric: tabular-nums; }
.la-labels { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; margin-bottom: .4rem; }
.la-parts { display: flex; flex-wrap: wrap; gap: .3rem .12rem; margin-top: .35rem; }
.la-part { display: inline-flex; flex-direction: column; align-items: center; padding: .1rem .3rem;
  border-radius: .35rem; }
.la-part small { font-size: .68rem; letter-spacing: .02em; color: color-mix(in srgb, currentColor 62%, transparent); }
.la-part.flagged small { color: color-mix(in srgb, #d97706 70%, currentColor); font-weight: 700;
  text-decoration: underline dotted; }
.la-part.here { outline: 2px solid #d97706; }
.la-tag { display: inline-block; padding: .05rem .5rem; border-radius: .3rem; font-weight: 600;
  overflow-wrap: anywhere; }
.la-change { display: inline-flex; gap: .4rem; align-items: center; min-width: 0; max-width: 100%; }
.la-change .la-tag { min-width: 2rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.la-tag.given { background: color-mix(in srgb, #64748b 24%, transparent); border: 1px solid #64748b; }
.la-tag.suggested { background: color-mix(in srgb, #d97706 22%, transparent); border: 1px dashed #d97706; }
.la-tag.error { background: color-mix(in srgb, #dc2626 16%, transparent); border: 1px solid #dc2626; }
.la-tag.kept { background: color-mix(in srgb, #15803d 18%, transparent); border: 1px solid #15803d; }
.la-tag.plain { background: color-mix(in srgb, currentColor 8%, transparent); }
.la-snippet { font-size: .92rem; line-height: 1.4; display: -webkit-box; -webkit-line-clamp: 4;
  -webkit-box-orient: vertical; overflow: hidden; height: 5.2rem; margin-bottom: .55rem; overflow-wrap: anywhere; }
.la-snippet.la-cells { display: block; }
.la-cells div { display: flex; justify-content: space-between; gap: .5rem; white-space: nowrap; }
.la-cells :is(i span:first-child, b) { overflow: hidden; text-overflow: ellipsis; }
.la-cells i span + span { flex: none; }
.la-cells i { display: flex; min-width: 0; font-style: normal;
  color: color-mix(in srgb, currentColor 75%, transparent); }
.la-cells b { flex: none; max-width: 60%; font-weight: 600; font-variant-numeric: tabular-nums; }
.la-picture { height: 8.2rem; display: flex; align-items: center; justify-content: center; margin-bottom: .55rem;
  border-radius: .35rem; overflow: hidden; background: color-mix(in srgb, currentColor 5%, transparent); }
.la-picture span, .la-broken { font-size: .9rem; padding: .6rem; text-align: center; }
.la-broken { display: grid; place-items: center; border: 1px dashed color-mix(in srgb, currentColor 35%, transparent);
  border-radius: .4rem; }
.la-thumb { width: 100%; height: 100%; object-fit: contain; }
.la-thumb.sharp { image-rendering: pixelated; }
.la-chips { display: flex; flex-wrap: wrap; gap: .25rem .3rem; margin-top: .35rem; }
.la-chip { font-size: .78rem; line-height: 1.5; padding: 0 .45rem; border-radius: 1rem; white-space: nowrap;
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); max-width: 100%; overflow: hidden;
  text-overflow: ellipsis; }
.la-chip.yes { border-color: #d97706; background: color-mix(in srgb, #d97706 16%, transparent); }
.la-chip.yes::before { content: "✓ "; }
.la-chip.no { color: color-mix(in srgb, currentColor 72%, transparent); }
.la-chip.no::before { content: "– "; }
.la-chip.issue { border-color: #7c6fb0; background: color-mix(in srgb, #7c6fb0 18%, transparent); }
.la-table { border-collapse: collapse; width: 100%; font-size: .9rem; margin-bottom: .5rem; }
.la-table th { text-align: left; font-weight: 500; color: color-mix(in srgb, currentColor 72%, transparent); }
.la-table th, .la-table td { padding: .25rem .6rem .25rem 0; overflow-wrap: anywhere;
  border-bottom: 1px solid color-mix(in srgb, currentColor 10%, transparent); font-variant-numeric: tabular-nums; }
.la-history td { vertical-align: top; padding-top: .35rem; padding-bottom: .35rem; }
.la-history td:first-child, .la-history th { white-space: nowrap; }
.la-history td { min-width: 5rem; }
.la-history th:last-child { width: 45%; }
.la-history details { white-space: pre-wrap; }
.la-history .undone { text-decoration: line-through; color: color-mix(in srgb, currentColor 72%, transparent); }
.la-count { font-size: 1.05rem; font-weight: 600; }
.la-count b { font-size: 1.5rem; font-variant-numeric: tabular-nums; margin-right: .2rem; }
.la-pair { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem; }
.la-near { font-size: .84rem; }
.la-near .la-labels { gap: .2rem .4rem; margin-bottom: .15rem; }
.la-near .la-snippet { height: 3.5rem; -webkit-line-clamp: 3; font-size: .84rem; margin-bottom: .3rem; }
.la-near .la-picture { height: 5.4rem; margin-bottom: .3rem; }
/* A panel lies over the page, below the row that its button stands in. */
:is(.st-key-tools, .st-key-head) { position: relative; }
[class*="st-key-fold-"], [data-testid="stLayoutWrapper"]:has(> [class*="st-key-fold-"]) { position: static; }
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-panel-"]) { position: absolute; top: calc(100% + .4rem);
  right: 0; z-index: 100; width: min(40rem, 94vw); max-width: none; }
[data-testid="stLayoutWrapper"]:has(> .st-key-panel-bulk) { width: min(46rem, 94vw); }
[data-testid="stLayoutWrapper"]:has(> .st-key-panel-slices) { width: min(26rem, 94vw); }
[data-testid="stLayoutWrapper"]:has(> .st-key-panel-stopping) { right: auto; left: 0; width: min(30rem, 94vw); }
[class*="st-key-panel-"] { max-height: calc(100vh - 10rem); overflow-y: auto; padding: 1rem 1.2rem 1.2rem;
  border-radius: .5rem; border: 1px solid color-mix(in srgb, currentColor 18%, transparent);
  background: light-dark(#ffffff, #141d20); box-shadow: 0 .4rem 1.6rem rgb(0 0 0 / 28%); }
:is(.st-key-slices-own, .st-key-slices-all, .st-key-slices-tab) button { min-height: 1.8rem; padding: 0 .4rem; }
/* The tools of the bar stay side by side, and go to its next line together. */
[data-testid="stLayoutWrapper"]:has(> .st-key-tools) { flex-basis: max-content; min-width: max-content; }
.la-plan { font-size: 1.25rem; font-weight: 600; line-height: 1.35; overflow-wrap: anywhere; }
.la-hero { font-size: 1.55rem; font-weight: 650; line-height: 1.25; margin: .2rem 0 .5rem; max-width: 52rem; }
</style>
"""


def apply() -> None:
    """Name the tab, and put the styles into the page."""
    st.set_page_config(page_title="labelaudit", page_icon=str(ICON), layout="wide")
    st.html(CSS)
