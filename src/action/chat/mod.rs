//! The wording of chat messages, in English and Chinese, and how they are cut; knows no vendor.
