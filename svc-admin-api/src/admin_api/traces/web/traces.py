"""Traces, for those who run the installation: they show all tenants."""

from typing import Annotated

from fastapi import Depends, Query

from admin_api.edge.dependencies import DepsIn, of_system
from admin_api.edge.routing import new_router
from admin_api.traces.use_cases.read_traces import list_traces, read_trace
from admin_api.traces.web.schemas.traces import ListedTracesIn, TraceDetailView, TraceId, TraceListView, TraceView
from gateway_contracts.actor import Actor

router = new_router(tags=["traces"])
Operator = Annotated[Actor, Depends(of_system("system:read"))]


@router.get("/traces", response_model=TraceListView)
async def list_(_operator: Operator, deps: DepsIn, query: Annotated[ListedTracesIn, Query()]) -> TraceListView:
    """The latest traces of the installation. They are samples, kept for an hour at most."""
    found = await list_traces(query.filters(), query.limit, log=deps.events.log)
    return TraceListView(traces=tuple(TraceView.of(trace, deps.trace_viewer) for trace in found))


@router.get("/traces/{trace_id}", response_model=TraceDetailView)
async def read(_operator: Operator, trace_id: TraceId, deps: DepsIn) -> TraceDetailView:
    """One trace with its spans across services."""
    return TraceDetailView.of(await read_trace(trace_id, log=deps.events.log), deps.trace_viewer)
