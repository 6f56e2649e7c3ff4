"""Commands about people."""

from __future__ import annotations

import click

from webapp.cli.context import services_in_transaction
from webapp.core.permissions import StaffRole


@click.command("create-staff")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in StaffRole]), default="admin", show_default=True)
@click.option("--name", default="", help="How the person is called on screen.")
@click.password_option(help="Asked for when it is not given; an existing user keeps the old one.")
def create_staff(email: str, role: str, name: str, password: str) -> None:
    """Add a member of staff, or give an existing user a staff role."""
    with services_in_transaction() as services:
        user = services.accounts.create_staff(email, password, name, StaffRole(role))
        shown = f"{user.email} is now {role}"
    click.echo(shown)
