"""Noise Sim: plant known errors and see how many an audit would find."""

import streamlit as st

from labelaudit.ui import bar, navigation, noise_sim, session

navigation.enter()
opened = session.require_audit("how well planted errors are found in this data")
bar.show(opened)

fraction, kind, seed = noise_sim.controls(opened)
simulation = noise_sim.simulate(opened, fraction, kind, seed)
if simulation is None:
    st.stop()
noise_sim.headline(simulation)
left, right = st.columns([3, 2], gap="large")
with left:
    noise_sim.curve(simulation)
with right:
    noise_sim.depths(simulation)
st.subheader("Before and after")
noise_sim.compare(simulation)
