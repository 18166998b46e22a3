"""The pages of logging in and out. They have no script and load nothing, so that they need no session."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from markupsafe import Markup
from starlette.responses import HTMLResponse

from dashboard.i18n import Words

_STYLE = (
    ":root{color-scheme:light dark;background:light-dark(#fff,#121212)}"
    "body{font:1rem/1.5 'Source Sans',system-ui,sans-serif;max-width:24rem;margin:12vh auto;padding:0 1rem}"
    "h1{font-size:1.5rem;line-height:1.25;margin:0 0 1.5rem}.by{color:light-dark(#595959,#b0b0b0);margin:0 0 .25rem}"
    "label{display:block;font-weight:600;margin:1rem 0 .25rem}p{margin:.25rem 0 1rem}"
    ".note{color:light-dark(#595959,#b0b0b0);font-size:.875rem}"
    "input{box-sizing:border-box;width:100%;font:inherit;padding:.5rem .625rem;border:1px solid #767676;"
    "border-radius:.375rem;background:Field;color:FieldText}"
    "button,.button{display:block;box-sizing:border-box;width:100%;font:inherit;font-weight:600;text-align:center;"
    "padding:.5rem 1rem;margin:1.25rem 0 0;border:0;border-radius:.375rem;background:#0072b2;color:#fff;cursor:pointer;"
    "text-decoration:none}"
    ":focus-visible{outline:3px solid #e69f00;outline-offset:2px}"
    ".fault{border-inline-start:4px solid #d55e00;padding:.5rem .75rem;margin:0 0 1rem}"
    ".or{text-align:center;color:light-dark(#595959,#b0b0b0);margin:1.5rem 0 0}"
)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}

_PAGE = Markup(
    '<!doctype html><html lang="{tag}" dir="{direction}"><head><meta charset="utf-8"><title>{title} · banwatch</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
    '<body><main><p class="by">banwatch</p><h1>{heading}</h1>{body}</main></body></html>'
)
_FAULT = Markup('<p class="fault" role="alert">{0}</p>')
_TEXT = Markup("<p>{0}</p>")
_LINK = Markup('<a class="button" href="{0}">{1}</a>')
_OR = Markup('<p class="or">{0}</p>')
_PASSWORD = Markup(
    '<form method="post" action="/login"><input type="hidden" name="token" value="{token}">'
    '<input type="hidden" name="next" value="{next}">'
    '<label for="name">{your_name}</label><input id="name" name="name" value="{name}" maxlength="100" required '
    'autocomplete="name" aria-describedby="why"><p class="note" id="why">{why}</p>'
    '<label for="password">{password}</label><input id="password" name="password" type="password" required '
    'autocomplete="current-password"><button>{log_in}</button></form>'
)
_LOG_OUT = Markup(
    '<form method="post" action="/logout"><input type="hidden" name="token" value="{0}"><button>{1}</button></form>'
)


@dataclass(frozen=True)
class LoginForm:
    """What the page of logging in shows."""

    token: str
    next: str
    by_provider: str
    """The address at which the login by an identity provider begins; empty if there is none."""
    by_password: bool
    name: str = ""
    fault: str = ""


def login_page(words: Words, form: LoginForm, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    """Return the page of logging in."""
    said, parts = words.access, []
    if form.fault:
        parts.append(_FAULT.format(form.fault))
    if form.by_provider:
        parts.append(_LINK.format(form.by_provider, said.log_in_by_provider))
    if form.by_provider and form.by_password:
        parts.append(_OR.format(said.or_shared))
    if form.by_password:
        parts.append(
            _PASSWORD.format(
                token=form.token,
                next=form.next,
                name=form.name,
                your_name=said.your_name,
                why=said.name_explained,
                password=said.shared,
                log_in=said.log_in,
            )
        )
    return _page(words, said.log_in, Markup().join(parts), status)


def logout_page(words: Words, token: str) -> HTMLResponse:
    """Return the page that asks whether to log out."""
    said = words.access
    return _page(words, said.log_out, _TEXT.format(said.log_out_question) + _LOG_OUT.format(token, said.log_out))


def notice(words: Words, text: str, link: tuple[str, str], status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    """Return a page with one sentence and one link: its address and its name."""
    return _page(words, words.access.log_in, _TEXT.format(text) + _LINK.format(*link), status)


def _page(words: Words, heading: str, body: Markup, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    language = words.language_of_page
    html = _PAGE.format(
        tag=language.tag,
        direction="rtl" if language.right_to_left else "ltr",
        title=heading,
        style=Markup(_STYLE),  # noqa: S704 - text of ours
        heading="banwatch",
        body=body,
    )
    return HTMLResponse(html, status, HEADERS)
