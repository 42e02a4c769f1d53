"""Answer what people do in chats."""
