"""The web app: `streamlit run app/main.py`. A folder for each page, and what they share."""
