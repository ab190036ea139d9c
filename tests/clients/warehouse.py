"""An MCP server on its standard streams: what a warehouse knows."""

from mcp.server.mcpserver import MCPServer

server = MCPServer("warehouse")


@server.tool()
def shelf(parcel: str) -> str:
    """On which shelf a parcel lies."""
    return f"{parcel} lies on shelf {len(parcel)}"


@server.tool()
def weigh(parcel: str) -> str:
    """What a parcel weighs. The scales do not know every parcel."""
    if parcel == "FH-0":
        raise ValueError("no such parcel")
    return f"{parcel}: 2.4 kg"


if __name__ == "__main__":
    server.run("stdio")
