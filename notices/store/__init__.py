"""SQL for messages: the tables of webhooks and of mail, and one module a noun."""

from notices.store import letters as letters
from notices.store import webhooks as webhooks
from notices.store import wishes as wishes
