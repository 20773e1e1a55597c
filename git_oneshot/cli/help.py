"""What -h shows: a command's own options first, then those of every command."""

import click

# For programs, and the same everywhere: below what a person looks for.
COMMON = ("json", "key", "if_tip", "via", "progress")


class Command(click.Command):
    """A command whose help fits a person's eye."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in two sections."""
        own: list[tuple[str, str]] = []
        common: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                (common if param.name in COMMON else own).append(record)
        for title, rows in (("Options", own), ("For programs", common)):
            with formatter.section(title):
                formatter.write_dl(rows)
