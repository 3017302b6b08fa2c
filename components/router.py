"""The script that Streamlit runs for every visit: frame, navigation, the page that was asked for, the status line."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from components.frame import guarded, is_open
from components.navigation import pages
from components.services import door
from components.status_line import status_line

ASSETS = Path(__file__).resolve().parent / "assets"
ABOUT = "**Quellwerk** reads your documents on this machine and answers from them, with the source of every sentence."

st.set_page_config(
    page_title="Quellwerk",
    page_icon=str(ASSETS / "icon.png"),
    layout="wide",
    menu_items={"About": ABOUT},
)
st.html(ASSETS / "style.css")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
page = st.navigation(pages())
if is_open():
    status_line()
    guarded(page.run)()
    door().drawn.set()
