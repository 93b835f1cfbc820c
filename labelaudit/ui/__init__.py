"""What the dashboard's pages share; the only code that imports streamlit and st_aggrid."""
