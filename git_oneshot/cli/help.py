"""What -h shows: a command's own options first, then those for programs."""

from typing import Final

import click


def _show_help(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


# click's own looks for a translation of its words whenever a command runs.
help_option: Final = click.option(
    "-h", "--help", is_flag=True, expose_value=False, is_eager=True, callback=_show_help,
    help="Show this message and exit.",
)  # fmt: skip
# The same everywhere: below what a person looks for.
FOR_PROGRAMS: Final = ("json", "key", "if_tip", "via", "progress")
LAST: Final = ("--feature", "--help")


class Command(click.Command):
    """A command whose help fits a person's eye."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in two sections."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        options.sort(
            key=lambda option: LAST.index(option.opts[-1]) if option.opts[-1] in LAST else -1
        )
        for title, ours in (("Options", False), ("For programs", True)):
            chosen = [option for option in options if (option.name in FOR_PROGRAMS) is ours]
            with formatter.section(title):
                formatter.write_dl([row for one in chosen if (row := one.get_help_record(ctx))])
